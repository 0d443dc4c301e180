/* SPDX-License-Identifier: MIT */
#include "probe/identity.h"

static void fill(uint16_t *to) {
  for (uint32_t i = 0; i < TABLE_REGION; i++) to[i] = (uint16_t)i;
}

/* Draws the numbers of |from| to |to| - 1 among all that are left (Fisher and
 * Yates), in the permutation |number| and its inverse |place|. Each |purpose|
 * has another one. */
static void draw(const struct keyed *key, uint64_t purpose, uint16_t *number,
                 uint16_t *place, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; i++) {
    uint64_t h = keyed_hash(key, purpose << 32 | i) >> 32;
    uint32_t j = i + (uint32_t)(h * (TABLE_REGION - i) >> 32);
    uint16_t other = number[j];
    number[j] = number[i];
    number[i] = other;
    place[number[j]] = (uint16_t)j;
    place[other] = (uint16_t)i;
  }
}

void identity_init(struct core *c) {
  struct identity *d = c->identity;
  keyed_init(&d->key, c->config.seed, 1);
  keyed_init(&d->order, c->config.seed, 2);
  d->drawn = 0;
  fill(d->id);
  fill(d->place);
  fill(d->ip_id);
  fill(d->ip_place);
}

void identity_draw(struct core *c, uint32_t places) {
  struct identity *d = c->identity;
  if (places <= d->drawn) return;
  draw(&d->order, 1, d->id, d->place, d->drawn, places);
  draw(&d->order, 2, d->ip_id, d->ip_place, d->drawn, places);
  d->drawn = places;
}

int identity_grow(struct core *c, struct table *t, int64_t now) {
  int err = table_grow(t, now);
  identity_draw(c, t->slab.count);
  return err;
}
