/* SPDX-License-Identifier: MIT
 *
 * The order of a shuffle: a permutation of 0..size-1 that a seed chooses and
 * that is computed for each number, so that nothing is kept in memory.
 *
 * It is a Feistel network over the bits of size-1: in each round one part of
 * the bits is changed by a hash of the other part, which can be undone, so no
 * two numbers give the same result. A result of |size| or above goes through
 * again, until one is below; this takes less than two passes on average. Not
 * for secrets.
 */
#include "base/rand.h"
#include "mtr.h"

enum { ROUNDS = 8 };

/* Mixes the bits of |x| with a key; the upper half of the result is good. */
static uint64_t hash(uint64_t x, uint64_t key) {
  x = (x ^ key) * 0x9e3779b97f4a7c15u;
  x ^= x >> 32;
  return x * 0xbf58476d1ce4e5b9u >> 32;
}

double mtr_shuffle(double index, double size, uint64_t seed) {
  if (!(size > 1 && size <= 0x1p52 && index >= 0 && index < size)) return 0;
  uint64_t n = (uint64_t)size, x = (uint64_t)index, key[ROUNDS];
  unsigned bits = n < 4 ? 2 : 64 - (unsigned)__builtin_clzll(n - 1);
  unsigned low = bits / 2;
  uint64_t low_mask = (1ull << low) - 1, high_mask = (1ull << (bits - low)) - 1;
  struct rand r = {seed};
  for (int i = 0; i < ROUNDS; i++) key[i] = rand_u64(&r);
  do {
    uint64_t a = x >> low, b = x & low_mask;
    for (int i = 0; i < ROUNDS; i += 2) {
      a ^= hash(b, key[i]) & high_mask;
      b ^= hash(a, key[i + 1]) & low_mask;
    }
    x = a << low | b;
  } while (x >= n);
  return (double)x;
}
