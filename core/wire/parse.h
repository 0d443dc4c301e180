/* SPDX-License-Identifier: MIT
 *
 * parse.h: makes a struct wire_reply of a received packet. Lengths in the
 * packet never lead beyond the received bytes, and checksums are not checked
 * (see icmp.h). A well formed packet may still belong to another program:
 * matching is done elsewhere.
 *
 * Both functions set all fields of |r| except at and kernel_time, which belong
 * to the receiver. They return 0 with |r|->kind set; -ENOMSG: the packet
 * answers no probe of any program (a request, a TCP SYN, a later fragment);
 * -EBADMSG: it is malformed. On errors kind is WIRE_NONE and the rest of |r|
 * undefined. |r|->ext points into the packet.
 *
 * |p| has |n| bytes of the |whole| that arrived: the receiver may have cut it.
 */
#ifndef WIRE_PARSE_H
#define WIRE_PARSE_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* wire_parse: reads a packet that begins with its IPv4 or IPv6 header. */
int wire_parse(const uint8_t *p, size_t n, size_t whole,
               struct wire_reply *r);

/* wire_parse6: reads a packet of a raw IPv6 socket, which begins behind the IP
 * headers: a message of |protocol|; 58 and WIRE_ICMP both mean ICMPv6.
 * |r|->from, to, ttl and tos stay as the caller has set them. |r|->size is
 * right if there were no extension headers. */
int wire_parse6(const uint8_t *p, size_t n, size_t whole, int protocol,
                struct wire_reply *r);

#endif
