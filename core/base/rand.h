/* SPDX-License-Identifier: MIT
 *
 * rand.h: a small random generator with a seed (splitmix64), for identifiers
 * and orders. Not for secrets: it only hides a few bits of an id from an
 * off-path attacker.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stdint.h>

struct rand {
  uint64_t state;
};

/* rand_u64: returns the next number of |r|. */
static inline uint64_t rand_u64(struct rand *r) {
  uint64_t z = r->state += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/* rand_below: returns a number in 0..n-1; |n| is not 0. */
static inline uint32_t rand_below(struct rand *r, uint32_t n) {
  return (uint32_t)(((rand_u64(r) >> 32) * n) >> 32);
}

#endif
