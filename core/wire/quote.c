/* SPDX-License-Identifier: MIT
 *
 * quote.c: see quote.h. The id of a probe is where build.c put it: in the
 * sequence number of an echo, in the UDP checksum, or in the upper half of the
 * TCP sequence number.
 */
#include "wire/quote.h"

#include "wire/ip.h"
#include "wire/proto.h"

#include <errno.h>

enum { TRANSPORT_BYTES = 8 }; /* RFC 792 */

/* Reads the first bytes of the quoted transport header at |b|. */
static void read_transport(struct bytes *b, int family, struct wire_reply *r) {
  size_t n = bytes_left(b);
  if (n < TRANSPORT_BYTES) r->flags |= WIRE_TRUNCATED;
  if (r->quoted_protocol == WIRE_ICMP) {
    if (n < TRANSPORT_BYTES) return;
    int type = bytes_u8(b);
    if (type != (family == 4 ? PROTO_ECHO : PROTO_ECHO6)) return;
    bytes_u8(b);      /* code */
    r->checksum = bytes_u16(b);
    r->sport = bytes_u16(b);
    r->id = bytes_u16(b);
    return;
  }
  if (r->quoted_protocol != WIRE_UDP && r->quoted_protocol != WIRE_TCP) return;
  if (n < 4) return;
  r->sport = bytes_u16(b);
  r->dport = bytes_u16(b);
  if (n < TRANSPORT_BYTES) return;
  uint16_t high = bytes_u16(b); /* UDP: the length */
  uint16_t low = bytes_u16(b);
  if (r->quoted_protocol == WIRE_UDP) {
    r->id = low;
  } else {
    r->id = high;
    r->tcp_low = low;
  }
}

int quote_parse(const uint8_t *p, size_t n, int family, struct wire_reply *r) {
  struct bytes b = bytes_of(p, n);
  struct ip_head ip;
  if (ip_read(&b, &ip) < 0 || ip.family != family) return -EBADMSG;
  size_t address = family == 4 ? 4 : 16;
  memcpy(r->quoted_src, ip.src, address);
  memcpy(r->quoted_dst, ip.dst, address);
  r->quoted_size =
      (uint16_t)(ip.size < PROTO_PACKET_MAX ? ip.size : PROTO_PACKET_MAX);
  r->quoted_ttl = ip.ttl;
  r->quoted_tos = ip.tos;
  r->quoted_protocol = ip.protocol;
  r->ip_id = ip.id;
  r->flow_label = ip.label;
  r->flags |= WIRE_QUOTE;
  if (ip.upper)
    read_transport(&b, family, r);
  else
    r->flags |= WIRE_TRUNCATED;
  return 0;
}
