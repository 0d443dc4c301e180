/* SPDX-License-Identifier: MIT
 *
 * The responder at kernel speed: an XDP program on one end of a veth pair that
 * turns every probe into its answer in the same buffer and sends it back out.
 * The other end needs a program too, or its side does not wake for what is
 * sent here: `pass`. What is not IP goes on to the kernel, which answers ARP
 * and neighbour discovery. Counters are per CPU, in map `counts`.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "answer.h"

enum { ETHER = 14, IS_IP4 = 0x0800, IS_IP6 = 0x86dd };

const volatile struct model model = MODEL_DEFAULT;

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, ANSWER_KINDS);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

INLINE int count(__u32 kind, int verdict) {
  __u64 *n = bpf_map_lookup_elem(&counts, &kind);
  if (n) ++*n;
  return verdict;
}

/* The model as constants: the verifier drops what they rule out. */
INLINE struct model settings(void) {
  struct model m = {model.seed, model.hops, model.span,
                    model.silent, model.dark, model.balance};
  return m;
}

INLINE __u8 *start_of(struct xdp_md *ctx) { return (void *)(long)ctx->data; }

INLINE __u8 *end_of(struct xdp_md *ctx) { return (void *)(long)ctx->data_end; }

/* Whoever sent the frame gets it. */
INLINE void turn(__u8 *frame) {
  __u8 other[6];
  __builtin_memcpy(other, frame, 6);
  __builtin_memcpy(frame, frame + 6, 6);
  __builtin_memcpy(frame + 6, other, 6);
}

/* Makes room for |size| bytes behind the Ethernet header, which is turned;
 * where they start, or NULL. It grows at the head: only there veth promises
 * room. */
INLINE __u8 *resize(struct xdp_md *ctx, int size) {
  __u8 *frame = start_of(ctx), ether[ETHER];
  int more = ETHER + size - (int)(ctx->data_end - ctx->data);
  if (frame + ETHER > end_of(ctx)) return 0;
  __builtin_memcpy(ether, frame, ETHER);
  if (more > 0 && bpf_xdp_adjust_head(ctx, -more)) return 0;
  if (more < 0 && bpf_xdp_adjust_tail(ctx, more)) return 0;
  frame = start_of(ctx);
  if (frame + ETHER + size > end_of(ctx)) return 0;
  __builtin_memcpy(frame, ether, ETHER);
  turn(frame);
  return frame + ETHER;
}

INLINE int answer_ip4(struct xdp_md *ctx) {
  __u8 *frame = start_of(ctx), *end = end_of(ctx), *ip = frame + ETHER;
  __u8 probe[RESET4];
  struct model m = settings();
  if (ip + IP4 + QUOTE > end) return count(ANSWER_OTHER, XDP_DROP);
  __builtin_memcpy(probe, ip, IP4 + QUOTE);
  struct answer a = answer_read4(&m, probe);
  __u8 *out = ip;
  if (a.kind == ANSWER_EXCEEDED || a.kind == ANSWER_UNREACHABLE) {
    if (!(out = resize(ctx, ERROR4))) return count(ANSWER_LOST, XDP_DROP);
    answer_error4(out, probe, &a);
  } else if (a.kind == ANSWER_ECHO) {
    turn(frame);
    answer_echo4(ip, &a);
  } else if (a.kind == ANSWER_RESET) {
    if (ip + RESET4 > end) return count(ANSWER_OTHER, XDP_DROP);
    __builtin_memcpy(probe, ip, RESET4);
    if (!(out = resize(ctx, RESET4))) return count(ANSWER_LOST, XDP_DROP);
    answer_reset4(out, probe, &a);
  } else {
    return count(a.kind, XDP_DROP);
  }
  return count(a.kind, XDP_TX);
}

INLINE int answer_ip6(struct xdp_md *ctx) {
  __u8 *frame = start_of(ctx), *end = end_of(ctx), *ip = frame + ETHER;
  __u8 probe[RESET6];
  struct model m = settings();
  if (ip + IP6 + QUOTE > end) return XDP_PASS;
  __builtin_memcpy(probe, ip, IP6 + QUOTE);
  struct answer a = answer_read6(&m, probe);
  __u8 *out = ip;
  if (a.kind == ANSWER_EXCEEDED || a.kind == ANSWER_UNREACHABLE) {
    if (!(out = resize(ctx, ERROR6))) return count(ANSWER_LOST, XDP_DROP);
    answer_error6(out, probe, &a);
  } else if (a.kind == ANSWER_ECHO) {
    turn(frame);
    answer_echo6(ip, &a);
  } else if (a.kind == ANSWER_RESET) {
    if (ip + RESET6 > end) return count(ANSWER_OTHER, XDP_DROP);
    __builtin_memcpy(probe, ip, RESET6);
    if (!(out = resize(ctx, RESET6))) return count(ANSWER_LOST, XDP_DROP);
    answer_reset6(out, probe, &a);
  } else if (a.kind == ANSWER_OTHER) {
    return count(a.kind, XDP_PASS);
  } else {
    return count(a.kind, XDP_DROP);
  }
  return count(a.kind, XDP_TX);
}

SEC("xdp") int answer(struct xdp_md *ctx) {
  __u8 *frame = start_of(ctx);
  if (frame + ETHER > end_of(ctx)) return XDP_PASS;
  __u32 type = get16(frame + 12);
  if (type == IS_IP4) return answer_ip4(ctx);
  return type == IS_IP6 ? answer_ip6(ctx) : XDP_PASS;
}

SEC("xdp") int pass(struct xdp_md *ctx) {
  (void)ctx;
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
