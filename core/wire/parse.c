/* SPDX-License-Identifier: MIT
 *
 * parse.c: reads the IP header, then the header above it, with one function per
 * protocol. Ports and addresses of UDP and TCP answers are exchanged, so that
 * they are those of the probe.
 */
#include "wire/parse.h"

#include "base/bytes.h"
#include "wire/icmp.h"
#include "wire/ip.h"
#include "wire/proto.h"

#include <errno.h>

/* Reads the ports of a direct reply at |b|, and sets ports and addresses to
 * those of its probe: source and destination are exchanged. */
static void turn_round(struct bytes *b, struct wire_reply *r) {
  r->dport = bytes_u16(b);
  r->sport = bytes_u16(b);
  r->quoted_protocol = r->protocol;
  memcpy(r->quoted_src, r->to, sizeof r->to);
  memcpy(r->quoted_dst, r->from, sizeof r->from);
}

static int parse_udp(struct bytes b, struct wire_reply *r) {
  if (bytes_left(&b) < PROTO_UDP_HEADER) return -EBADMSG;
  r->protocol = WIRE_UDP;
  turn_round(&b, r);
  r->kind = WIRE_UDP_REPLY;
  return 0;
}

/* Returns the MSS among the TCP options at |b|; 0: none, or damaged options. */
static uint16_t find_mss(struct bytes b) {
  while (bytes_left(&b)) {
    int kind = bytes_u8(&b);
    if (kind == PROTO_TCP_END) break;
    if (kind == PROTO_TCP_NOP) continue;
    size_t size = bytes_u8(&b);
    if (kind == PROTO_TCP_MSS && size == PROTO_TCP_MSS_SIZE)
      return bytes_u16(&b);
    if (size < 2 || !bytes_take(&b, size - 2)) break;
  }
  return 0;
}

/* Writes the number of the probe (see put_tcp in build.c) that a segment
 * answers; -ENOMSG: it answers no probe. A SYN is acknowledged by the number
 * + 1 plus the accepted bytes of payload. An ACK probe is answered by a reset
 * whose sequence number is the probe's number (RFC 9293 3.5.2); some hosts also
 * set the ACK flag in it. A reset without ACK may have no number of a probe. */
static int answered_number(int flags, uint32_t seq, uint32_t ack,
                           uint32_t *number) {
  int all = PROTO_TCP_FIN | PROTO_TCP_SYN | PROTO_TCP_RST | PROTO_TCP_PSH |
            PROTO_TCP_ACK | PROTO_TCP_URG;
  int used = flags & all, reset = used & PROTO_TCP_RST;
  *number = ack - 1;
  if (reset && (!(used & PROTO_TCP_ACK) || ack - seq < 0x8000)) *number = seq;
  if (reset) return 0;
  if (used != (PROTO_TCP_SYN | PROTO_TCP_ACK) && used != PROTO_TCP_ACK)
    return -ENOMSG;
  return *number ? 0 : -ENOMSG;
}

static int parse_tcp(struct bytes b, struct wire_reply *r) {
  size_t n = bytes_left(&b);
  r->protocol = WIRE_TCP;
  turn_round(&b, r);
  uint32_t seq = bytes_u32(&b);
  uint32_t ack = bytes_u32(&b);
  size_t size = (size_t)(bytes_u8(&b) >> 4) * 4;
  r->tcp_flags = bytes_u8(&b);
  bytes_take(&b, 6); /* window, checksum, urgent pointer */
  if (b.bad || size < PROTO_TCP_HEADER) return -EBADMSG;
  uint32_t number;
  int err = answered_number(r->tcp_flags, seq, ack, &number);
  if (err) return err;
  r->id = (uint16_t)(number >> 16);
  r->tcp_low = (uint16_t)number;
  if (r->tcp_flags & PROTO_TCP_SYN) {
    size_t there = size < n ? size : n;
    r->mtu = find_mss(bytes_of(b.p, there - PROTO_TCP_HEADER));
  }
  r->kind = WIRE_TCP_REPLY;
  return 0;
}

static int parse_upper(struct bytes b, int protocol, int cut,
                       struct wire_reply *r) {
  switch (protocol) {
  case WIRE_ICMP:
    return icmp_parse(b.p, bytes_left(&b), cut, r);
  case WIRE_UDP:
    return parse_udp(b, r);
  case WIRE_TCP:
    return parse_tcp(b, r);
  default:
    return -ENOMSG;
  }
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

int wire_parse(const uint8_t *p, size_t n, size_t whole,
               struct wire_reply *r) {
  int64_t at = r->at;
  uint8_t kernel_time = r->kernel_time;
  memset(r, 0, sizeof *r);
  r->at = at;
  r->kernel_time = kernel_time;

  n = least(n, whole);
  struct bytes b = bytes_of(p, n);
  struct ip_head ip;
  if (ip_read(&b, &ip) < 0) return -EBADMSG;
  if (ip.fragment) return -ENOMSG;
  /* Bytes after the packet are padding of the link. The length in the header
   * may be 0: in a segment that the network card has put together, or in a
   * jumbogram. */
  size_t bare = ip.family == 4 ? 0 : PROTO_IPV6_HEADER;
  if (ip.size > bare) whole = least(whole, ip.size);
  n = least(n, whole);
  size_t head = (size_t)(b.p - p);
  if (!ip.upper || head > n) return -EBADMSG;

  r->family = ip.family;
  r->ttl = ip.ttl;
  r->tos = ip.tos;
  r->reply_id = ip.id;
  r->size = (uint16_t)least(whole, PROTO_PACKET_MAX);
  size_t address = ip.family == 4 ? 4 : 16;
  memcpy(r->from, ip.src, address);
  memcpy(r->to, ip.dst, address);
  return parse_upper(bytes_of(b.p, n - head), ip.protocol, n < whole, r);
}

int wire_parse6(const uint8_t *p, size_t n, size_t whole, int protocol,
                struct wire_reply *r) {
  struct wire_reply given = *r;
  memset(r, 0, sizeof *r);
  memcpy(r->from, given.from, sizeof r->from);
  memcpy(r->to, given.to, sizeof r->to);
  r->at = given.at;
  r->kernel_time = given.kernel_time;
  r->family = 6;
  r->ttl = given.ttl;
  r->tos = given.tos;
  r->size = (uint16_t)least(least(whole, PROTO_PACKET_MAX) + PROTO_IPV6_HEADER,
                            PROTO_PACKET_MAX);
  n = least(least(n, whole), PROTO_PACKET_MAX);
  if (protocol == PROTO_ICMPV6) protocol = WIRE_ICMP;
  return parse_upper(bytes_of(p, n), protocol, n < whole, r);
}
