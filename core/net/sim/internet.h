/* SPDX-License-Identifier: MIT
 *
 * internet.h: a simulated internet of millions of prefixes that takes no memory
 * for its nodes. Which router answers a packet, and when, is computed from the
 * seed, the prefix, the TTL and the flow.
 *
 * Seen from the one vantage point it is a tree. Prefixes are numbered. At hop 1
 * all share one router; with each hop the groups that share a router get
 * smaller, down to the four prefixes of a last router. Two to four routers may
 * take one position, and flows are balanced over them. Each hop has its own
 * addresses, so a path never meets an address twice. For addresses outside all
 * prefixes, the third router answers that it has no route.
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
  unsigned bits;         /* bits of a prefix's number */
  unsigned region;       /* the first bits of it: they give the distance */
  struct internet_bucket *buckets;     /* [INTERNET_BUCKETS], owned */
};

/* internet_plan: prepares |net| from |o| and |seed| so far that its targets can
 * be asked for. internet_init: prepares it for use; 0 or -ENOMEM.
 * internet_close: frees its memory. */
void internet_plan(struct internet *net, const struct mtr_sim_internet *o,
                   uint32_t seed);
int internet_init(struct internet *net, const struct mtr_sim_internet *o,
                  uint32_t seed);
void internet_close(struct internet *net);

/* internet_target: writes the address of target |i|; |i| is below
 * |net|->prefixes. */
void internet_target(const struct internet *net, unsigned family, uint32_t i,
                     uint8_t addr[16]);

/* internet_us: returns the address of the vantage point. */
const uint8_t *internet_us(unsigned family);

/* internet_send: writes into |out| what comes back for |packet|[|size|], which
 * was sent at |*at|; |packet| is changed. Sets |*at| to the time of the answer.
 * Returns its length; 0: no answer. |rand| NULL: nothing happens by chance. */
size_t internet_send(struct internet *net, uint8_t *packet, size_t size,
                     struct rand *rand, int64_t *at, uint8_t *out);

#endif
