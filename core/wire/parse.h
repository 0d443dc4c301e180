/* SPDX-License-Identifier: MIT
 *
 * parse.h: a received packet becomes a reply record. Nothing a packet says of
 * its own length is believed beyond the bytes that are there, and no checksum
 * is verified (see icmp.h). A well formed packet may still be somebody else's:
 * matching is not done here.
 *
 * Both functions set every field of |r| except those of the receiver: at and
 * kernel_time. They return 0 with |r|->kind set; -ENOMSG for a packet that
 * answers no probe, whoever sent it (a request, a TCP SYN, a later fragment);
 * -EBADMSG for a malformed one. On failure kind is WIRE_NONE and the rest of
 * |r| undefined. |r|->ext points into the packet.
 *
 * |n| bytes are at |p|, of |whole| that arrived: the receiver may have cut it.
 */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* wire_parse: reads a packet from its IPv4 or IPv6 header on. */
int wire_parse(const uint8_t *p, size_t n, size_t whole,
               struct wire_reply *r);

/* wire_parse6: reads what a raw IPv6 socket gives, which begins behind the IP
 * headers: a message of |protocol|, where 58 and WIRE_ICMP both mean ICMPv6.
 * The caller has set |r|->from, to, ttl and tos; they stay. |r|->size assumes
 * that there were no extension headers. */
int wire_parse6(const uint8_t *p, size_t n, size_t whole, int protocol,
                struct wire_reply *r);

#endif
