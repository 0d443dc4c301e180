/* SPDX-License-Identifier: MIT
 *
 * ip.c: reads IP headers. IPv4 has one header, and options that are skipped.
 * IPv6 has a chain of extension headers. Our probes have none, but packets from
 * the network may have many, each as short as 8 bytes, so the number of headers
 * is limited.
 */
#include "wire/ip.h"

#include "wire/proto.h"
#include "wire/record.h"

#include <errno.h>

enum { CHAIN_MAX = 8 };

uint8_t ip_protocol(int family, int number) {
  if (family == 6 && number == PROTO_ICMPV6) return WIRE_ICMP;
  if (family == 6 && number == WIRE_ICMP) return PROTO_ICMPV6;
  return (uint8_t)number;
}

static int read_ipv4(struct bytes *b, struct ip_head *ip) {
  size_t words = bytes_u8(b) & 0x0f;
  ip->label = 0;
  ip->tos = bytes_u8(b);
  ip->size = bytes_u16(b);
  ip->id = bytes_u16(b);
  unsigned offset = bytes_u16(b);
  ip->fragment = (offset & PROTO_IPV4_OFFSET) != 0;
  ip->part = (offset & PROTO_IPV4_MORE) != 0;
  ip->ttl = bytes_u8(b);
  ip->protocol = bytes_u8(b);
  bytes_take(b, 2); /* checksum */
  ip->src = bytes_take(b, 4);
  ip->dst = bytes_take(b, 4);
  if (b->bad || words * 4 < PROTO_IPV4_HEADER) return -EBADMSG;
  int whole = bytes_take(b, words * 4 - PROTO_IPV4_HEADER) != NULL;
  ip->upper = whole && !ip->fragment;
  return 0;
}

/* Returns the size of an extension header whose length octet is |length|; 0:
 * |type| is not a known extension header. RFC 8200 4.3-4.6, RFC 4302 2.2. */
static size_t chain_size(int type, size_t length) {
  switch (type) {
  case PROTO_HOP_BY_HOP:
  case PROTO_ROUTING:
  case PROTO_DEST_OPTS:
    return (length + 1) * 8;
  case PROTO_FRAGMENT:
    return 8;
  case PROTO_AH:
    return (length + 2) * 4;
  default:
    return 0;
  }
}

/* Walks the extension headers, the first of which is of type |next|. */
static void walk_chain(struct bytes *b, struct ip_head *ip, int next) {
  for (int i = 0; chain_size(next, 0); i++) {
    int type = next;
    ip->protocol = (uint8_t)type;
    if (i == CHAIN_MAX) return;
    next = bytes_u8(b);
    size_t length = bytes_u8(b);
    unsigned field = bytes_u16(b), offset = field & PROTO_IPV6_OFFSET;
    bytes_take(b, chain_size(type, length) - 4);
    if (b->bad) return;
    if (type == PROTO_FRAGMENT) ip->part = field & PROTO_IPV6_MORE;
    if (type == PROTO_FRAGMENT && offset) {
      ip->fragment = 1;
      break;
    }
  }
  ip->protocol = ip_protocol(6, next);
  ip->upper = !ip->fragment;
}

static int read_ipv6(struct bytes *b, struct ip_head *ip) {
  uint32_t first = bytes_u32(b);
  ip->tos = (uint8_t)(first >> 20);
  ip->label = first & 0xfffff;
  ip->size = (uint32_t)PROTO_IPV6_HEADER + bytes_u16(b);
  ip->id = 0;
  ip->fragment = ip->part = 0;
  ip->upper = 0;
  int next = bytes_u8(b);
  ip->ttl = bytes_u8(b);
  ip->src = bytes_take(b, 16);
  ip->dst = bytes_take(b, 16);
  if (b->bad) return -EBADMSG;
  walk_chain(b, ip, next);
  return 0;
}

int ip_read(struct bytes *b, struct ip_head *ip) {
  if (!bytes_left(b)) return -EBADMSG;
  ip->family = *b->p >> 4;
  if (ip->family == 4) return read_ipv4(b, ip);
  if (ip->family == 6) return read_ipv6(b, ip);
  return -EBADMSG;
}

int ip_mapped(const uint8_t addr[16]) {
  static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
  return !memcmp(addr, prefix, sizeof prefix);
}
