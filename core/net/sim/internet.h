/* SPDX-License-Identifier: MIT
 *
 * internet.h: an internet of millions of prefixes that is nowhere: where a
 * packet gets to, who answers and when are functions of the seed, the prefix,
 * the TTL and the flow, so that nothing is kept for a destination.
 *
 * Seen from the one vantage point it is a tree. Prefixes are numbered; at hop 1
 * they all share one router, and from hop to hop the groups that share one get
 * smaller, down to the four neighbours of the last router. A position may be
 * taken by two to four routers, which flows are balanced over. Each hop has
 * addresses of its own, so no path meets one twice. What is not in a prefix is
 * unreachable from the third router on.
 */
#ifndef SIM_INTERNET_H
#define SIM_INTERNET_H

#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "mtr.h"

enum { INTERNET_BUCKETS = 4096 };

struct internet {
  struct mtr_sim_internet o;
  uint64_t seed;
  uint32_t prefixes;
  unsigned bits;         /* of the number of a prefix */
  unsigned region;       /* of them, the first, that say how far it is */
  struct internet_bucket *buckets;     /* [INTERNET_BUCKETS], owned */
};

/* internet_plan: as |o| says, of |seed|; enough to ask for its targets.
 * internet_init: to be used, 0 or -ENOMEM. internet_close: frees what it has.
 */
void internet_plan(struct internet *net, const struct mtr_sim_internet *o,
                   uint32_t seed);
int internet_init(struct internet *net, const struct mtr_sim_internet *o,
                  uint32_t seed);
void internet_close(struct internet *net);

/* internet_target: the address of target |i|, below |net|->prefixes. */
void internet_target(const struct internet *net, unsigned family, uint32_t i,
                     uint8_t addr[16]);

/* internet_us: the address of the vantage point. */
const uint8_t *internet_us(unsigned family);

/* internet_send: what comes back for |packet|[|size|], sent at |*at|, which is
 * changed and becomes the time when it comes: written into |out|; its length, 0
 * for silence. |rand| NULL: no chance, the truth. */
size_t internet_send(struct internet *net, uint8_t *packet, size_t size,
                     struct rand *rand, int64_t *at, uint8_t *out);

#endif
