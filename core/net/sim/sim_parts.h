/* SPDX-License-Identifier: MIT
 *
 * sim_parts.h: what the parts of the simulated transport share: its state, a
 * packet on its way, and where the way ended.
 */
#ifndef SIM_SIM_PARTS_H
#define SIM_SIM_PARTS_H

#include "base/rand.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "net/sim/internet.h"
#include "net/sim/sim.h"
#include "wire/reply.h"

enum { SIM_PACKET = 65536, SIM_NATS = 4, SIM_WAYS = 64 };

/* What a node remembers: a token bucket. */
struct sim_bucket {
  double tokens;
  int64_t at;            /* ns; when they were counted; 0: never */
};

struct sim {
  struct net net;        /* first */
  struct mtr_sim *topo;  /* one of its users */
  struct rand rand;
  struct wheel wheel;
  struct slab small, large;            /* parcels */
  uint32_t refusals;     /* in a row, of sends that may go later */
  int64_t again;         /* ns; when they do; INT64_MAX: none waits */
  uint32_t given;        /* parcels whose replies are out; SLAB_NONE */
  struct sim_bucket *buckets;          /* by node */
  struct internet internet;
  uint8_t *out, *in;     /* [SIM_PACKET] the probe, what comes back */
};

/* A translation that a packet went through. */
struct sim_nat {
  uint32_t node;
  uint16_t port;         /* before */
  uint8_t addr[16];
};

/* A packet on its way. */
struct trip {
  uint8_t *packet;       /* changed on the way */
  size_t size;
  uint32_t node;         /* where it is */
  uint32_t came;         /* by which link; TOPO_NONE at its origin */
  int64_t at;            /* ns; when */
  unsigned copies;       /* as which it arrives */
  int truth;             /* 1: nothing gets lost, nothing is counted */
  int back;              /* 1: it is a reply */
  unsigned nats;
  struct sim_nat nat[SIM_NATS];
};

enum trip_end {
  TRIP_LOST,
  TRIP_ARRIVED,          /* at a node that it is for */
  TRIP_EXPIRED,
  TRIP_UNREACH,          /* |code| */
  TRIP_TOO_BIG,          /* |mtu| */
  TRIP_SERVED,           /* a filter is its port: |code| is the state */
  TRIP_REFUSED           /* not sent: |code| is an errno */
};

struct trip_result {
  enum trip_end end;
  unsigned code;
  uint32_t mtu;
};

/* sim_walk: takes |trip| to where it ends. */
struct trip_result sim_walk(struct sim *s, struct trip *trip);

/* sim_answer: what the node where |trip| has ended as |r| says writes back into
 * s->in; its length, 0 for silence. */
size_t sim_answer(struct sim *s, const struct trip *trip,
                  const struct trip_result *r);

/* sim_limited: whether a bucket of |burst| tokens, |rate| of which come each
 * second, is empty at |at|; else takes one. */
int sim_limited(struct sim_bucket *b, double rate, double burst, int64_t at);

/* nat_out: |trip| leaves the translator |node|. nat_in: it comes back to it; 0
 * if it is not known there. */
void nat_out(const struct mtr_sim *t, struct trip *trip);
int nat_in(const struct mtr_sim *t, struct trip *trip);

/* sim_chance: whether something of |share| happens. */
static inline int sim_chance(struct sim *s, double share) {
  return share > 0 &&
         (double)(rand_u64(&s->rand) >> 11) * 0x1p-53 < share;
}

/* sim_ns: up to |ms| by chance, in ns. */
static inline int64_t sim_ns(struct sim *s, double ms) {
  if (ms <= 0) return 0;
  return (int64_t)((double)(rand_u64(&s->rand) >> 11) * 0x1p-53 * ms * 1e6);
}

#endif
