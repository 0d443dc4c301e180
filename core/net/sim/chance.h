/* SPDX-License-Identifier: MIT
 *
 * chance.h: random events: losses, duplicates, delays.
 */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include "base/rand.h"

/* chance_of: returns 1 with the probability |share|, otherwise 0. */
static inline int chance_of(struct rand *rand, double share) {
  return share > 0 && (double)(rand_u64(rand) >> 11) * 0x1p-53 < share;
}

/* chance_ns: returns a random time from 0 to |ms|, in ns. */
static inline int64_t chance_ns(struct rand *rand, double ms) {
  if (ms <= 0) return 0;
  return (int64_t)((double)(rand_u64(rand) >> 11) * 0x1p-53 * ms * 1e6);
}

#endif
