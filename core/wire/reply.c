/* SPDX-License-Identifier: MIT
 *
 * reply.c: writes answers of simulated nodes in the same way as build.c writes
 * probes: headers field by field, then one sum for the checksum.
 */
#include "wire/reply.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/proto.h"
#include "wire/record.h"

enum {
  ERROR_V4 = 576, ERROR_V6 = 1280,  /* RFC 1812 4.3.2.3, RFC 4443 2.4(c) */
  EXT_AT = 128,                     /* RFC 4884 5.1 */
  TOS_V4 = 0xc0,                    /* TOS of errors; RFC 1812 4.3.2.5 */
  TCP_WINDOW = 65535
};

static size_t address_size(int family) { return family == 4 ? 4 : 16; }

static int family_of(const uint8_t *packet) { return packet[0] >> 4; }

void wire_patch(uint8_t *packet) {
  if (family_of(packet) != 4) return;
  put_u16(packet + 10, 0);
  put_u16(packet + 10, checksum_of(packet, PROTO_IPV4_HEADER));
}

/* Writes the IP header for |size| bytes of |protocol| that follow it. */
static uint8_t *put_head(uint8_t *out, int family, const uint8_t *from,
                         const uint8_t *to, int protocol, int ttl, int tos,
                         size_t size) {
  size_t n = address_size(family);
  uint8_t *q;
  if (family == 4) {
    q = put_u16(out, 0x4500u | (unsigned)tos);
    q = put_u16(q, (unsigned)(PROTO_IPV4_HEADER + size));
    q = put_u32(q, 0);
    q = put_u16(q, (unsigned)ttl << 8 | (unsigned)protocol);
    q = put_u16(q, 0);
  } else {
    q = put_u32(out, 6u << 28 | (uint32_t)tos << 20);
    q = put_u16(q, (unsigned)size);
    q = put_u8(q, (unsigned)(protocol == WIRE_ICMP ? PROTO_ICMPV6 : protocol));
    q = put_u8(q, (unsigned)ttl);
  }
  q = put_bytes(put_bytes(q, from, n), to, n);
  wire_patch(out);
  return q;
}

/* Computes the checksum of the |size| bytes after the IP header of |packet|,
 * and writes it at the offset |at| in them. */
static void sum_up(uint8_t *packet, size_t at, size_t size) {
  int family = family_of(packet), protocol = wire_protocol(packet);
  uint8_t *p = packet + wire_head(packet);
  uint64_t sum = 0;
  if (family == 6 || protocol != WIRE_ICMP)
    sum = checksum_pseudo(family, wire_src(packet), wire_dst(packet),
                          family == 6 && protocol == WIRE_ICMP ? PROTO_ICMPV6
                                                               : protocol,
                          size);
  uint16_t word = checksum_balance(checksum_add(sum, p, size));
  put_u16(p + at, word ? word : 0xffff);
}

/* The quote. */

static unsigned changed(int how, unsigned value) {
  if (how == WIRE_SWAPPED) return (value << 8 | value >> 8) & 0xffff;
  if (how == WIRE_ONE_MORE) return (value + 1) & 0xffff;
  return how < 0 ? value : (unsigned)how & 0xffff;
}

/* Writes |m|'s extension headers after the IPv6 header at |p|. Returns their
 * size in bytes. */
static size_t put_chain(const struct wire_manner *m, uint8_t *p) {
  uint8_t *first = p + PROTO_IPV6_HEADER;
  memcpy(first, m->chain, m->chain_size);
  first[m->chain_last] = p[6];
  p[6] = m->chain_next;
  put_u16(p + 4, (unsigned)(p[4] << 8 | p[5]) + m->chain_size);
  return m->chain_size;
}

static void alter(const struct wire_manner *m, uint8_t *p, size_t n,
                  size_t transport) {
  int v4 = family_of(p) == 4, protocol = wire_protocol(p);
  if (m->ttl >= 0) *wire_ttl(p) = (uint8_t)m->ttl;
  if (m->size >= 0) put_u16(p + (v4 ? 2 : 4), (unsigned)m->size);
  if (v4 && m->id != WIRE_AS_IT_CAME)
    put_u16(p + 4, changed(m->id, (unsigned)(p[4] << 8 | p[5])));
  size_t at = transport + (protocol == WIRE_ICMP  ? 2
                           : protocol == WIRE_UDP ? 6 : 16);
  if (m->check >= 0 && at + 2 <= n) put_u16(p + at, (unsigned)m->check);
  wire_patch(p);
}

/* Writes the quote of |packet|, at most |most| bytes; returns its size. */
static size_t put_quote(const struct wire_manner *m, const uint8_t *packet,
                        size_t size, size_t most, uint8_t *out) {
  size_t head = wire_head(packet), body = size - head, more = 0;
  if (m->quote >= 0 && body > (size_t)m->quote) body = (size_t)m->quote;
  memcpy(out, packet, head);
  if (head == PROTO_IPV6_HEADER && m->chain_size) more = put_chain(m, out);
  if (head + more + body > most) body = most - head - more;
  memcpy(out + head + more, packet + head, body);
  alter(m, out, head + more + body, head + more);
  return head + more + body;
}

/* The extensions. */

static int has_ext(const struct wire_manner *m, const struct wire_error *e) {
  return m->ext_size || e->labels;
}

/* Writes the extension structure: RFC 4884 7, RFC 4950 3. Returns its end. */
static uint8_t *put_ext(const struct wire_manner *m,
                        const struct wire_error *e, uint8_t *out) {
  if (m->ext_raw) return put_bytes(out, m->ext, m->ext_size);
  uint8_t *q = put_u32(out, 2u << 28);
  if (e->labels) {
    q = put_u16(q, 4u + e->labels * 4u);
    q = put_u16(q, 1u << 8 | 1);
    for (unsigned i = 0; i < e->labels; i++) q = put_u32(q, e->label[i]);
  }
  q = put_bytes(q, m->ext, m->ext_size);
  if (!m->ext_summed) return q;
  uint16_t check = checksum_of(out, (size_t)(q - out));
  put_u16(out + 2, m->ext_summed == 1 ? check : check ^ 0x5555u);
  return q;
}

size_t wire_error(const struct wire_manner *m, const struct wire_error *e,
                  const uint8_t *packet, size_t size, uint8_t *out) {
  int family = family_of(packet), v4 = family == 4;
  size_t head = wire_head(packet), most = v4 ? ERROR_V4 : ERROR_V6;
  uint8_t *icmp = out + head, *quote = icmp + PROTO_ICMP_HEADER;
  int ext = has_ext(m, e);
  size_t n = put_quote(m, packet, size,
                       ext ? EXT_AT : most - head - PROTO_ICMP_HEADER, quote);
  uint8_t *end = quote + n;
  uint32_t length = 0;
  if (ext) {
    memset(end, 0, EXT_AT - n);
    end = put_ext(m, e, quote + EXT_AT);
    length = v4 ? EXT_AT / 4 : EXT_AT / 8;
    if (m->ext_length >= 0) length = (uint32_t)m->ext_length & 0xff;
  }
  n = (size_t)(end - icmp);
  uint8_t *q = put_u8(icmp, e->type);
  q = put_u8(q, e->code);
  q = put_u16(q, 0);
  put_u32(q, e->word | length << (v4 ? 16 : 24));
  put_head(out, family, e->from, e->to, WIRE_ICMP, e->ttl, v4 ? TOS_V4 : 0, n);
  sum_up(out, 2, n);
  return head + n;
}

/* Answers. */

size_t wire_pong(const uint8_t *from, int ttl, int altered,
                 const uint8_t *packet, size_t size, uint8_t *out) {
  int v4 = family_of(packet) == 4;
  size_t head = wire_head(packet), n = size - head;
  uint8_t *q = put_head(out, v4 ? 4 : 6, from, wire_src(packet), WIRE_ICMP,
                        ttl, 0, n);
  memcpy(q, packet + head, n);
  q[0] = v4 ? PROTO_ECHO_REPLY : PROTO_ECHO_REPLY6;
  if (altered && n > PROTO_ICMP_HEADER) q[PROTO_ICMP_HEADER] ^= 0xff;
  put_u16(q + 2, 0);
  sum_up(out, 2, n);
  return size;
}

static uint32_t read_u32(const uint8_t *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

/* The answer follows RFC 9293 3.10.7. */
size_t wire_segment(const uint8_t *from, int ttl, int open, int mss,
                    const uint8_t *packet, uint8_t *out) {
  const uint8_t *p = packet + wire_head(packet);
  int family = family_of(packet), syn = p[13] & PROTO_TCP_SYN;
  int accepts = syn && open, option = accepts && mss;
  size_t n = PROTO_TCP_HEADER + (option ? PROTO_TCP_MSS_SIZE : 0);
  uint8_t *start = put_head(out, family, from, wire_src(packet), WIRE_TCP, ttl,
                            0, n);
  uint8_t *q = put_bytes(put_bytes(start, p + 2, 2), p, 2);
  q = put_u32(q, accepts ? 0x10000000 : syn ? 0 : read_u32(p + 8));
  q = put_u32(q, syn ? read_u32(p + 4) + 1 : 0);
  q = put_u8(q, (unsigned)(n / 4) << 4);
  q = put_u8(q, accepts ? PROTO_TCP_SYN | PROTO_TCP_ACK
                : syn   ? PROTO_TCP_RST | PROTO_TCP_ACK : PROTO_TCP_RST);
  q = put_u16(q, accepts ? TCP_WINDOW : 0);
  q = put_u32(q, 0);
  if (option) {
    q = put_u8(q, PROTO_TCP_MSS);
    q = put_u8(q, PROTO_TCP_MSS_SIZE);
    put_u16(q, (unsigned)mss);
  }
  sum_up(out, 16, n);
  return (size_t)(start - out) + n;
}

size_t wire_datagram(const uint8_t *from, int ttl, const uint8_t *packet,
                     size_t size, uint8_t *out) {
  size_t head = wire_head(packet), n = size - head;
  const uint8_t *p = packet + head;
  uint8_t *q = put_head(out, family_of(packet), from, wire_src(packet),
                        WIRE_UDP, ttl, 0, n);
  q = put_bytes(put_bytes(q, p + 2, 2), p, 2);
  q = put_u32(q, (uint32_t)n << 16);
  memcpy(q, p + PROTO_UDP_HEADER, n - PROTO_UDP_HEADER);
  sum_up(out, 6, n);
  return head + n;
}
