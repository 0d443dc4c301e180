/* SPDX-License-Identifier: MIT
 *
 * How the fake internet answers a probe: answer_to decides, the writers make
 * the bytes. All of it is inlined, with constant sizes, for the BPF verifier;
 * the TUN responder uses the same. A router answers with time exceeded; the
 * destination answers an echo request with a reply, UDP with port unreachable,
 * TCP with RST. Errors quote the IP header and 8 bytes, as RFC 792 wants it,
 * with a TTL of 1 and the header checksum to match, as a router sees it.
 *
 * IP options, IPv6 extension headers, later fragments and all other packets
 * that no tracer sends get no answer and are counted.
 */
#ifndef FAKENET_ANSWER_H
#define FAKENET_ANSWER_H

#include "model.h"

/* What became of a probe; also the indexes of the counters. */
enum answer_kind {
  ANSWER_EXCEEDED, ANSWER_ECHO, ANSWER_UNREACHABLE, ANSWER_RESET,
  ANSWER_SILENT,                   /* a router that never answers */
  ANSWER_DARK,                     /* a destination that never answers */
  ANSWER_OTHER,                    /* no probe */
  ANSWER_LOST,                     /* an answer that could not be sent */
  ANSWER_KINDS
};

enum {
  PROTO_ICMP = 1, PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58,
  IP4 = 20, IP6 = 40,              /* bytes of the header */
  QUOTE = 8,                       /* bytes quoted behind it */
  ICMP = 8, TCP = 20,
  ERROR4 = IP4 + ICMP + IP4 + QUOTE, ERROR6 = IP6 + ICMP + IP6 + QUOTE,
  RESET4 = IP4 + TCP, RESET6 = IP6 + TCP,
  TTL = 255,                       /* of an answer when it sets out */
  TCP_ACK = 0x10, TCP_RST = 4
};

struct answer {
  __u32 kind;                      /* enum answer_kind */
  __u32 from;                      /* who answers, as in model.h */
  __u32 ttl;                       /* what is left of the answer's TTL */
};

INLINE __u32 get16(const __u8 *p) { return (__u32)(p[0] << 8 | p[1]); }

INLINE __u32 get32(const __u8 *p) { return get16(p) << 16 | get16(p + 2); }

INLINE void put16(__u8 *p, __u32 v) {
  p[0] = (__u8)(v >> 8);
  p[1] = (__u8)v;
}

INLINE void put32(__u8 *p, __u32 v) {
  put16(p, v >> 16);
  put16(p + 2, v);
}

/* answer_sum: the sum of |n| bytes, an even number, in the machine's order:
 * ones' complement sums do not mind (RFC 1071). */
INLINE __u32 answer_sum(__u32 sum, const __u8 *p, int n) {
#pragma GCC unroll 64
  for (int i = 0; i < n; i += 2) {
    __u16 word;
    __builtin_memcpy(&word, p + i, 2);
    sum += word;
  }
  return sum;
}

/* answer_check: writes the checksum that goes with |sum|, which answer_sum
 * made. */
INLINE void answer_check(__u8 *p, __u32 sum) {
  sum = (sum & 0xffff) + (sum >> 16);
  sum += sum >> 16;
  __u16 check = (__u16)~sum;
  __builtin_memcpy(p, &check, 2);
}

/* answer_word: |v| as answer_sum adds it. */
INLINE __u32 answer_word(__u32 v) {
  __u8 bytes[2];
  put16(bytes, v);
  return answer_sum(0, bytes, 2);
}

/* answer_to: what becomes of a probe that is to live |ttl| hops. |flow|: what
 * load balancing looks at. */
INLINE struct answer answer_to(const struct model *m, __u32 dst, __u32 ttl,
                               __u32 protocol, __u32 flow) {
  __u32 length = model_length(m, dst), hop = ttl < length ? ttl : length;
  struct answer a = {ANSWER_OTHER, dst, TTL + 1 - hop};
  if (ttl == 0) return a;
  if (ttl < length) {
    a.from = model_router(m, dst, ttl, flow);
    a.kind = model_silent(m, a.from) ? ANSWER_SILENT : ANSWER_EXCEEDED;
  } else if (model_dark(m, dst)) {
    a.kind = ANSWER_DARK;
  } else if (protocol == PROTO_ICMP || protocol == PROTO_ICMP6) {
    a.kind = ANSWER_ECHO;
  } else if (protocol == PROTO_UDP) {
    a.kind = ANSWER_UNREACHABLE;
  } else if (protocol == PROTO_TCP) {
    a.kind = ANSWER_RESET;
  }
  return a;
}

/* answer_read4: what becomes of the IPv4 packet of which |p| has the first
 * IP4 + QUOTE bytes. */
INLINE struct answer answer_read4(const struct model *m, const __u8 *p) {
  struct answer none = {ANSWER_OTHER, 0, 0};
  __u32 dst = get32(p + 16);
  int strange = p[0] != 0x45 || (get16(p + 6) & 0x1fff) || !model_has(dst);
  if (strange || (p[9] == PROTO_ICMP && p[20] != 8)) return none;
  return answer_to(m, dst, p[8], p[9], get32(p + IP4));
}

/* answer_read6: the same of IPv6; |p| has IP6 + QUOTE bytes. */
INLINE struct answer answer_read6(const struct model *m, const __u8 *p) {
  struct answer none = {ANSWER_OTHER, 0, 0};
  __u32 dst = get32(p + 36);
  int ours = get32(p + 24) == MODEL_PREFIX6 && !get32(p + 28) &&
             !get32(p + 32) && model_has(dst);
  if (p[0] >> 4 != 6 || !ours || (p[6] == PROTO_ICMP6 && p[40] != 128))
    return none;
  __u32 label = get32(p) & 0xfffff;
  return answer_to(m, dst, p[7], p[6], get32(p + IP6) ^ label << 8);
}

INLINE void answer_head4(__u8 *out, __u32 size, int protocol,
                         const struct answer *a, const __u8 *probe) {
  put32(out, 0x45000000u | size);
  put32(out + 4, 0);
  out[8] = (__u8)a->ttl;
  out[9] = (__u8)protocol;
  put16(out + 10, 0);
  put32(out + 12, a->from);
  __builtin_memcpy(out + 16, probe + 12, 4);
  answer_check(out + 10, answer_sum(0, out, IP4));
}

INLINE void answer_head6(__u8 *out, __u32 size, int protocol,
                         const struct answer *a, const __u8 *probe) {
  put32(out, 0x60000000u);
  put16(out + 4, size - IP6);
  out[6] = (__u8)protocol;
  out[7] = (__u8)a->ttl;
  int router = a->kind == ANSWER_EXCEEDED;
  put32(out + 8, router ? MODEL_ROUTERS6 : MODEL_PREFIX6);
  put32(out + 12, 0);
  put32(out + 16, 0);
  put32(out + 20, a->from);
  __builtin_memcpy(out + 24, probe + 8, 16);
}

/* answer_error4: ERROR4 bytes to |out|: the error |a| about |probe|, of which
 * the first IP4 + QUOTE bytes are read. */
INLINE void answer_error4(__u8 *out, const __u8 *probe,
                          const struct answer *a) {
  __u8 *icmp = out + IP4, *quote = icmp + ICMP;
  answer_head4(out, ERROR4, PROTO_ICMP, a, probe);
  put32(icmp, a->kind == ANSWER_EXCEEDED ? 0x0b000000 : 0x03030000);
  put32(icmp + 4, 0);
  __builtin_memcpy(quote, probe, IP4 + QUOTE);
  quote[8] = 1;
  put16(quote + 10, 0);
  answer_check(quote + 10, answer_sum(0, quote, IP4));
  answer_check(icmp + 2, answer_sum(0, icmp, ICMP + IP4 + QUOTE));
}

/* answer_error6: the same: ERROR6 bytes, from IP6 + QUOTE; RFC 4443. */
INLINE void answer_error6(__u8 *out, const __u8 *probe,
                          const struct answer *a) {
  __u8 *icmp = out + IP6, *quote = icmp + ICMP;
  answer_head6(out, ERROR6, PROTO_ICMP6, a, probe);
  put32(icmp, a->kind == ANSWER_EXCEEDED ? 0x03000000 : 0x01040000);
  put32(icmp + 4, 0);
  __builtin_memcpy(quote, probe, IP6 + QUOTE);
  quote[7] = 1;
  __u32 sum = answer_word(PROTO_ICMP6) + answer_word(ERROR6 - IP6);
  answer_check(icmp + 2, answer_sum(sum, out + 8, ERROR6 - 8));
}

/* answer_echo: turns the echo request whose ICMP header is at |icmp| into its
 * reply, of type |type|, which adds |change| to the message's sum. */
INLINE void answer_echo(__u8 *icmp, __u8 type, __u32 change) {
  __u16 check;
  __builtin_memcpy(&check, icmp + 2, 2);
  icmp[0] = type;
  answer_check(icmp + 2, (__u16)~check + change);
}

/* answer_echo4: turns the echo request at |p|, IPv4 header first, into its
 * reply in place, whatever its length. */
INLINE void answer_echo4(__u8 *p, const struct answer *a) {
  __u8 probe[IP4];
  __builtin_memcpy(probe, p, IP4);
  answer_head4(p, get16(probe + 2), PROTO_ICMP, a, probe);
  answer_echo(p + IP4, 0, 0xffff ^ answer_word(8 << 8));
}

/* answer_echo6: the same of IPv6, where 128 turns into 129. */
INLINE void answer_echo6(__u8 *p, const struct answer *a) {
  __u8 probe[IP6];
  __builtin_memcpy(probe, p, IP6);
  answer_head6(p, get16(probe + 4) + IP6, PROTO_ICMP6, a, probe);
  answer_echo(p + IP6, 129, answer_word(1 << 8));
}

/* answer_tcp: the RST that answers the segment |in|, but for its checksum; RFC
 * 9293 3.5.2: with its acknowledgment as sequence number, or acknowledging the
 * SYN. */
INLINE void answer_tcp(__u8 *out, const __u8 *in) {
  int ack = in[13] & TCP_ACK;
  __builtin_memcpy(out, in + 2, 2);
  __builtin_memcpy(out + 2, in, 2);
  put32(out + 4, ack ? get32(in + 8) : 0);
  put32(out + 8, ack ? 0 : get32(in + 4) + 1);
  out[12] = 0x50;
  out[13] = (__u8)(ack ? TCP_RST : TCP_RST | TCP_ACK);
  put16(out + 14, 0);
  put32(out + 16, 0);
}

/* answer_reset4: RESET4 bytes to |out|, from as many of |probe|. */
INLINE void answer_reset4(__u8 *out, const __u8 *probe,
                          const struct answer *a) {
  answer_head4(out, RESET4, PROTO_TCP, a, probe);
  answer_tcp(out + IP4, probe + IP4);
  __u32 sum = answer_word(PROTO_TCP) + answer_word(TCP);
  answer_check(out + IP4 + 16, answer_sum(sum, out + 12, RESET4 - 12));
}

/* answer_reset6: RESET6 bytes to |out|, from as many of |probe|. */
INLINE void answer_reset6(__u8 *out, const __u8 *probe,
                          const struct answer *a) {
  answer_head6(out, RESET6, PROTO_TCP, a, probe);
  answer_tcp(out + IP6, probe + IP6);
  __u32 sum = answer_word(PROTO_TCP) + answer_word(TCP);
  answer_check(out + IP6 + 16, answer_sum(sum, out + 8, RESET6 - 8));
}

#endif
