/* SPDX-License-Identifier: MIT
 *
 * The fake internet: which routers are on the path to a destination, and which
 * of them never answer. Everything is a pure function of the destination, the
 * hop, the flow and struct model, so that the XDP responder, the TUN responder
 * and the ground truth agree without a table. No libc: this compiles for BPF
 * too.
 *
 * 16,646,144 destinations, 254 in each /24 of 10.0.0.0/8; those of one /24
 * share its path. Hop t is router 100.64.0.0 + (t - 1) * 65536 + the /24's
 * number >> share(t): near hops are shared by many, as in a tree, far ones by
 * none. With load balancing, hops 5 to 7 are one of two routers, by flow. The
 * IPv6 side is the same numbers behind two prefixes: fd0a::a.b.c.d is
 * a destination, fd64::a.b.c.d a router.
 */
#ifndef FAKENET_MODEL_H
#define FAKENET_MODEL_H

#include <linux/types.h>

#define INLINE static inline __attribute__((always_inline))

enum {
  MODEL_NET = 10,                  /* first byte of every destination */
  MODEL_ROUTERS = 0x64400000,      /* 100.64.0.0/10 */
  MODEL_TWIN = 1 << 20,            /* what a router's twin has in addition */
  MODEL_LB_FIRST = 5, MODEL_LB_LAST = 7,
  MODEL_NETS = 1 << 16,            /* /24s */
  MODEL_HOSTS = 254,               /* destinations in each */
  MODEL_MAX_HOPS = 16,
  MODEL_PREFIX6 = 0xfd0a0000u, MODEL_ROUTERS6 = 0xfd640000u
};

struct model {
  __u32 seed;                      /* of who is how far away, and silent */
  __u32 hops;                      /* of the shortest path; 1 to 16 */
  __u32 span;                      /* how many lengths there are, from |hops| */
  __u32 silent;                    /* routers that never answer, per 1000 */
  __u32 dark;                      /* destinations that never answer, ditto */
  __u32 balance;                   /* 1: two routers at hops 5 to 7 */
};

/* model_default: 10 to 16 hops, 5 % of the routers silent. */
#define MODEL_DEFAULT {.hops = 10, .span = 7, .silent = 50}

INLINE __u32 model_hash(__u32 x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

/* model_has: is |dst| one of the destinations? */
INLINE int model_has(__u32 dst) {
  __u32 host = dst & 255;
  return dst >> 24 == MODEL_NET && host >= 1 && host <= MODEL_HOSTS;
}

/* model_net: the number of |dst|'s /24. */
INLINE __u32 model_net(__u32 dst) { return dst >> 8 & (MODEL_NETS - 1); }

/* model_target: destination number |i|; the first 65,536 are one per /24. */
INLINE __u32 model_target(const struct model *m, __u32 i) {
  __u32 net = i % MODEL_NETS;
  __u32 host = (model_hash(net ^ m->seed) + i / MODEL_NETS) % MODEL_HOSTS;
  return (__u32)MODEL_NET << 24 | net << 8 | (host + 1);
}

/* model_index: the number of destination |dst|; undoes model_target. */
INLINE __u32 model_index(const struct model *m, __u32 dst) {
  __u32 net = model_net(dst);
  __u32 first = model_hash(net ^ m->seed) % MODEL_HOSTS;
  __u32 turn = ((dst & 255) - 1 + MODEL_HOSTS - first) % MODEL_HOSTS;
  return turn * MODEL_NETS + net;
}

/* model_length: the hop at which |dst| is. */
INLINE __u32 model_length(const struct model *m, __u32 dst) {
  return m->hops + model_hash(model_net(dst) ^ m->seed ^ 0x517cc1b7u) % m->span;
}

INLINE __u32 model_share(__u32 hop) {
  if (hop <= 2) return 16;
  if (hop <= 8) return 20 - 2 * hop;
  return hop <= 11 ? 12 - hop : 0;
}

/* model_balanced: are there two routers at |hop|? */
INLINE int model_balanced(const struct model *m, __u32 hop) {
  return m->balance && hop >= MODEL_LB_FIRST && hop <= MODEL_LB_LAST;
}

/* model_router: who is at |hop|, short of the destination. |flow|: a number
 * that stays the same within a flow. */
INLINE __u32 model_router(const struct model *m, __u32 dst, __u32 hop,
                          __u32 flow) {
  __u32 n = model_net(dst) >> model_share(hop);
  __u32 router = MODEL_ROUTERS | ((hop - 1) & 15) << 16 | n;
  if (model_balanced(m, hop) && (model_hash(flow * 31 + dst + hop) & 1))
    router |= MODEL_TWIN;
  return router;
}

/* model_silent: does |router| never answer? */
INLINE int model_silent(const struct model *m, __u32 router) {
  return model_hash(router ^ m->seed ^ 0x5bd1e995u) % 1000 < m->silent;
}

/* model_dark: does |dst| never answer? */
INLINE int model_dark(const struct model *m, __u32 dst) {
  return model_hash(model_net(dst) ^ m->seed ^ 0x9e3779b9u) % 1000 < m->dark;
}

#endif
