/* SPDX-License-Identifier: MIT
 *
 * keyed.h: numbers that nobody without the key can foresee, even after seeing
 * many of them: SipHash-2-4 of one 64-bit number (Aumasson and Bernstein,
 * 2012). The key is made of a seed of 64 bits: trying 2^63 seeds finds it.
 */
#ifndef BASE_KEYED_H
#define BASE_KEYED_H

#include <stdint.h>

struct keyed {
  uint64_t key[2];
};

struct keyed_state {
  uint64_t a, b, c, d;
};

static inline uint64_t keyed_turn(uint64_t v, unsigned n) {
  return v << n | v >> (64 - n);
}

static inline void keyed_round(struct keyed_state *s) {
  s->a += s->b;
  s->b = keyed_turn(s->b, 13) ^ s->a;
  s->a = keyed_turn(s->a, 32);
  s->c += s->d;
  s->d = keyed_turn(s->d, 16) ^ s->c;
  s->a += s->d;
  s->d = keyed_turn(s->d, 21) ^ s->a;
  s->c += s->b;
  s->b = keyed_turn(s->b, 17) ^ s->c;
  s->c = keyed_turn(s->c, 32);
}

/* keyed_hash: returns the number that |k| makes of |m|. */
static inline uint64_t keyed_hash(const struct keyed *k, uint64_t m) {
  struct keyed_state s = {k->key[0] ^ 0x736f6d6570736575u,
                          k->key[1] ^ 0x646f72616e646f6du,
                          k->key[0] ^ 0x6c7967656e657261u,
                          k->key[1] ^ 0x7465646279746573u};
  uint64_t last = 8ull << 56;          /* the length, in bytes */
  s.d ^= m;
  keyed_round(&s);
  keyed_round(&s);
  s.a ^= m;
  s.d ^= last;
  keyed_round(&s);
  keyed_round(&s);
  s.a ^= last;
  s.c ^= 0xff;
  for (int i = 0; i < 4; i++) keyed_round(&s);
  return s.a ^ s.b ^ s.c ^ s.d;
}

/* keyed_init: sets |k| to the key of |seed| for one |purpose|. */
static inline void keyed_init(struct keyed *k, uint64_t seed,
                              uint64_t purpose) {
  struct keyed by = {{seed, purpose}};
  k->key[0] = keyed_hash(&by, 1);
  k->key[1] = keyed_hash(&by, 2);
}

#endif
