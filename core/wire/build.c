/* SPDX-License-Identifier: MIT
 *
 * build.c: writes the headers field by field; the checksum field gets its given
 * value or zero. Then one sum over the packet gives the checksum, or the
 * compensator: two bytes of payload that make a given checksum right. Filler is
 * mostly zero and adds nothing to the sum, so the sum leaves it out.
 */
#include "wire/build.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/proto.h"

#include <errno.h>

enum {
  DEFAULT_V4 = 60, DEFAULT_V6 = 80, /* whole packet, as traceroute(8) */
  MSS_V4 = 1460, MSS_V6 = 1440,     /* of an Ethernet; RFC 9293 3.7.1 */
  TCP_WINDOW = 64240,               /* what Linux sends in a SYN */
  ID_MAX = 0x8000, COOKIE_MAX = 0x7fff, LABEL_MAX = 0xfffff
};

static int ip_header(int family) {
  return family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER;
}

/* Returns the bytes that |payload| takes together with its compensator, which
 * begins at an even offset. */
static int balanced_size(int payload) {
  return payload + (payload & 1) + 2;
}

int wire_min_size(int family, int protocol, int multipath, int payload) {
  if (family != 4 && family != 6) return -EINVAL;
  if (multipath < WIRE_PARIS || multipath > WIRE_DUBLIN) return -EINVAL;
  if (multipath == WIRE_DUBLIN && protocol != WIRE_UDP) return -EINVAL;
  if (payload < 0 || payload > PROTO_PACKET_MAX) return -EINVAL;
  int ip = ip_header(family);
  switch (protocol) {
  case WIRE_ICMP:
    if (multipath == WIRE_PARIS) payload = balanced_size(payload);
    return ip + PROTO_ICMP_HEADER + payload;
  case WIRE_UDP:
    /* IPv6 has no identification field that could hold the id instead. */
    if (family == 6) payload = balanced_size(payload);
    return ip + PROTO_UDP_HEADER + payload;
  case WIRE_TCP:
    return ip + PROTO_TCP_HEADER + payload;
  default:
    return -EINVAL;
  }
}

int wire_default_size(int family, int protocol, int multipath, int payload) {
  int size = wire_min_size(family, protocol, multipath, payload);
  if (size < 0) return size;
  if (protocol == WIRE_TCP) return size + PROTO_TCP_MSS_SIZE;
  if (protocol == WIRE_UDP && family == 4 && multipath != WIRE_DUBLIN)
    size += balanced_size(payload) - payload;
  int usual = family == 4 ? DEFAULT_V4 : DEFAULT_V6;
  return size > usual ? size : usual;
}

static int valid(const struct wire_probe *p) {
  if (!p->id || p->id > ID_MAX || p->flow_label > LABEL_MAX) return 0;
  if (p->payload_size && !p->payload) return 0;
  if (p->protocol != WIRE_TCP) return 1;
  return p->cookie <= COOKIE_MAX &&
         (p->tcp_flags == PROTO_TCP_SYN || p->tcp_flags == PROTO_TCP_ACK);
}

/* Returns the packet's length or a negative errno. */
static int total_size(const struct wire_probe *p) {
  int least =
      wire_min_size(p->family, p->protocol, p->multipath, p->payload_size);
  if (least < 0 || !valid(p)) return -EINVAL;
  int size = p->size;
  if (!size) {
    size = wire_default_size(p->family, p->protocol, p->multipath,
                             p->payload_size);
    if (p->protocol == WIRE_TCP && p->tcp_flags == PROTO_TCP_ACK) size = least;
  }
  if (size < least) return -EMSGSIZE;
  if (p->multipath == WIRE_DUBLIN && p->family == 6) size += p->ttl;
  return size > PROTO_PACKET_MAX ? -EMSGSIZE : size;
}

/* Whether the checksum field has a given value, which a compensator makes
 * right. */
static int is_balanced(const struct wire_probe *p, int total) {
  if (p->protocol == WIRE_ICMP) return p->multipath == WIRE_PARIS;
  if (p->protocol != WIRE_UDP) return 0;
  if (p->family == 6) return 1;
  return p->multipath != WIRE_DUBLIN &&
         total >= PROTO_IPV4_HEADER + PROTO_UDP_HEADER +
                      balanced_size(p->payload_size);
}

static uint8_t *put_ipv4(uint8_t *out, const struct wire_probe *p, int total) {
  unsigned first = 0x4500u | p->tos; /* version 4, 5 words */
  unsigned flags = p->dont_fragment ? PROTO_IPV4_DF : 0;
  unsigned hop = (unsigned)p->ttl << 8 | p->protocol;
  /* Sums the fields, not the bytes written: a load that is wider than the
   * stores before it stalls the processor. Addresses and length are summed like
   * a pseudo-header. */
  uint64_t sum = checksum_pseudo(4, p->src, p->dst, 0, (size_t)total);
  unsigned id = p->ip_id ? p->ip_id : p->id;
  sum += (uint64_t)first + id + flags + hop;
  uint8_t *q = put_u16(out, first);
  q = put_u16(q, (unsigned)total);
  q = put_u16(q, id);
  q = put_u16(q, flags);
  q = put_u16(q, hop);
  q = put_u16(q, checksum_balance(sum));
  q = put_bytes(q, p->src, 4);
  return put_bytes(q, p->dst, 4);
}

static uint8_t *put_ipv6(uint8_t *out, const struct wire_probe *p, int total,
                         int next) {
  uint8_t *q = put_u32(out, 6u << 28 | (uint32_t)p->tos << 20 | p->flow_label);
  q = put_u16(q, (unsigned)(total - PROTO_IPV6_HEADER));
  q = put_u8(q, (unsigned)next);
  q = put_u8(q, p->ttl);
  q = put_bytes(q, p->src, 16);
  return put_bytes(q, p->dst, 16);
}

static uint8_t *put_icmp(uint8_t *q, const struct wire_probe *p) {
  q = put_u8(q, p->family == 4 ? PROTO_ECHO : PROTO_ECHO6);
  q = put_u8(q, 0);
  q = put_u16(q, p->multipath == WIRE_PARIS ? p->checksum : 0);
  q = put_u16(q, p->sport);
  return put_u16(q, p->id);
}

static uint8_t *put_udp(uint8_t *q, const struct wire_probe *p, size_t n,
                        int balanced) {
  q = put_u16(q, p->sport);
  q = put_u16(q, p->dport);
  q = put_u16(q, (unsigned)n);
  return put_u16(q, balanced ? p->id : 0);
}

static uint8_t *put_tcp(uint8_t *q, const struct wire_probe *p, size_t n) {
  int syn = p->tcp_flags == PROTO_TCP_SYN;
  size_t with_mss =
      (size_t)PROTO_TCP_HEADER + PROTO_TCP_MSS_SIZE + p->payload_size;
  int mss = syn && n >= with_mss;
  uint32_t number = (uint32_t)p->id << 16 | p->cookie;
  q = put_u16(q, p->sport);
  q = put_u16(q, p->dport);
  q = put_u32(q, number);
  q = put_u32(q, syn ? 0 : number);
  q = put_u8(q, mss ? 6 << 4 : 5 << 4); /* data offset in words */
  q = put_u8(q, p->tcp_flags);
  q = put_u16(q, TCP_WINDOW);
  q = put_u32(q, 0); /* checksum, urgent pointer */
  if (!mss) return q;
  q = put_u8(q, PROTO_TCP_MSS);
  q = put_u8(q, PROTO_TCP_MSS_SIZE);
  return put_u16(q, p->family == 4 ? MSS_V4 : MSS_V6);
}

int wire_build(const struct wire_probe *p, uint8_t *out, size_t cap) {
  int total = total_size(p);
  if (total < 0) return total;
  if ((size_t)total > cap) return -EMSGSIZE;

  int balanced = is_balanced(p, total);
  int icmp = p->protocol == WIRE_ICMP;
  int next = icmp && p->family == 6 ? PROTO_ICMPV6 : p->protocol;
  uint8_t *start = p->family == 4 ? put_ipv4(out, p, total)
                                  : put_ipv6(out, p, total, next);
  uint8_t *end = out + total;
  size_t n = (size_t)(end - start);
  size_t check_at = icmp ? 2 : p->protocol == WIRE_UDP ? 6 : 16;
  uint8_t *q = icmp                        ? put_icmp(start, p)
               : p->protocol == WIRE_UDP ? put_udp(start, p, n, balanced)
                                           : put_tcp(start, p, n);
  q = put_bytes(q, p->payload, p->payload_size);
  memset(q, p->fill, (size_t)(end - q));
  if (balanced) put_u16(q + (p->payload_size & 1), 0);

  uint8_t *summed = p->fill ? end : q;
  uint64_t sum = checksum_add(0, start, (size_t)(summed - start));
  if (p->family == 6 || !icmp) /* RFC 792: none in ICMP */
    sum += checksum_pseudo(p->family, p->src, p->dst, next, n);
  uint16_t word = checksum_balance(sum);
  if (balanced) {
    put_u16(q + (p->payload_size & 1), word);
  } else {
    /* RFC 768: 0 means no checksum. */
    if (p->protocol == WIRE_UDP && !word) word = 0xffff;
    put_u16(start + check_at, word);
  }
  return total;
}
