/* SPDX-License-Identifier: MIT
 *
 * ip.h: reads an IP header, of a received packet or of one quoted in an ICMP
 * error, up to the transport header. Lengths in the header are only reported:
 * the end of the cursor limits what is read.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/bytes.h"

#include <stdint.h>

/* A header as read. */
struct ip_head {
  const uint8_t *src;      /* borrowed: 4 or 16 bytes of the packet */
  const uint8_t *dst;      /* likewise */
  uint32_t label;          /* IPv6 flow label; IPv4: 0 */
  uint32_t size;           /* bytes of the whole packet, by the header */
  uint16_t id;             /* IPv4 identification; IPv6: 0 */
  uint8_t family;          /* 4, 6 */
  uint8_t protocol;        /* WIRE_ICMP for ICMPv6; see ip_protocol */
  uint8_t ttl;
  uint8_t tos;
  uint8_t upper;           /* 1: the cursor stands at a transport header */
  uint8_t fragment;        /* 1: a later fragment, without transport header */
  uint8_t part;            /* 1: more fragments follow */
};

/* ip_read: reads the header at |b| into |ip|. Skips IPv4 options and up to 8
 * IPv6 extension headers; if they are cut off or too many, |ip|->upper and
 * |ip|->fragment are both 0. -EBADMSG: the fixed header is cut off or invalid;
 * |ip| is undefined then. */
int ip_read(struct bytes *b, struct ip_head *ip);

/* ip_protocol: on IPv6, swaps the numbers of ICMPv6 and ICMP, so that ICMPv6
 * becomes WIRE_ICMP and nothing else does. */
uint8_t ip_protocol(int family, int number);

/* ip_mapped: returns 1 if an IPv6 address is mapped from IPv4 (::ffff:0:0/96;
 * RFC 4291 2.5.5.2). Its last four bytes are the IPv4 address. */
int ip_mapped(const uint8_t addr[16]);

#endif
