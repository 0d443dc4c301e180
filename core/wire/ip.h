/* SPDX-License-Identifier: MIT
 *
 * ip.h: reads an IP header, of a received packet or of one quoted in an ICMP
 * error, up to the transport header. The lengths it finds are reported, not
 * believed: only the cursor's end bounds what is read.
 */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/bytes.h"

#include <stdint.h>

/* A header as read. */
struct ip_head {
  const uint8_t *src;      /* borrowed: 4 or 16 bytes of the packet */
  const uint8_t *dst;      /* likewise */
  uint32_t size;           /* bytes of the whole packet as the header says */
  uint16_t id;             /* IPv4 identification; IPv6: 0 */
  uint8_t family;          /* 4, 6 */
  uint8_t protocol;        /* WIRE_ICMP for ICMPv6; see ip_protocol */
  uint8_t ttl;
  uint8_t tos;
  uint8_t upper;           /* 1: the cursor stands at a transport header */
  uint8_t fragment;        /* 1: not the first fragment, so no header of it */
  uint8_t part;            /* 1: more fragments follow */
};

/* ip_read: reads the header at |b| into |ip|. Skips IPv4 options and up to 8
 * IPv6 extension headers; if they are cut short or too many, |ip|->upper and
 * |ip|->fragment are both 0. -EBADMSG: not even the fixed header is there and
 * sound; |ip| is then undefined. */
int ip_read(struct bytes *b, struct ip_head *ip);

/* ip_protocol: ICMPv6's number to WIRE_ICMP and, so that nothing else is taken
 * for it, the other way round; only on IPv6. */
uint8_t ip_protocol(int family, int number);

/* ip_mapped: whether an IPv6 address is one mapped from IPv4, whose last four
 * bytes it is (::ffff:0:0/96; RFC 4291 2.5.5.2). */
int ip_mapped(const uint8_t addr[16]);

#endif
