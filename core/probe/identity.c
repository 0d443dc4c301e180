/* SPDX-License-Identifier: MIT */
#include "probe/identity.h"

/* Writes a permutation to |to|, and its inverse to |from|. Each |purpose| has
 * another one. */
static void draw(const struct keyed *key, uint64_t purpose, uint16_t *to,
                 uint16_t *from) {
  for (uint32_t i = 0; i < TABLE_REGION; i++) to[i] = (uint16_t)i;
  for (uint32_t i = TABLE_REGION - 1; i; i--) {        /* Fisher and Yates */
    uint64_t h = keyed_hash(key, purpose << 32 | i) >> 32;
    uint32_t j = (uint32_t)(h * (i + 1) >> 32);
    uint16_t other = to[j];
    to[j] = to[i];
    to[i] = other;
  }
  for (uint32_t i = 0; i < TABLE_REGION; i++) from[to[i]] = (uint16_t)i;
}

void identity_draw(struct core *c) {
  struct identity *d = c->identity;
  struct keyed key;
  keyed_init(&d->key, c->config.seed, 1);
  keyed_init(&key, c->config.seed, 2);
  draw(&key, 1, d->id, d->place);
  draw(&key, 2, d->ip_id, d->ip_place);
}
