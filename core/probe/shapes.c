/* SPDX-License-Identifier: MIT
 *
 * The index is a hash table with open addressing and twice as many entries as
 * there can be shapes, so a search is short. An entry is a number plus one.
 * Nothing is ever removed. The shapes of nearly all replies are few: they are
 * found in |recent|, which stays in the processor's cache.
 */
#include "probe/shapes.h"

#include <errno.h>
#include <string.h>

enum { INDEX_BITS = 17, INDEX_SIZE = 1 << INDEX_BITS };

void shapes_init(struct shapes *s) {
  slab_init(&s->list, sizeof(struct shape), SHAPES_MAX, 5);
  slab_init(&s->index, INDEX_SIZE * sizeof(uint16_t), 1, 0);
  memset(s->recent, 0, sizeof s->recent);
}

void shapes_close(struct shapes *s) {
  slab_close(&s->list);
  slab_close(&s->index);
}

/* Takes the index out of its slab: the slab uses the first bytes of free
 * elements. */
int shapes_reserve(struct shapes *s, uint32_t n) {
  if (!s->index.used) {
    if (slab_reserve(&s->index, 1)) return -ENOMEM;
    memset(slab_at(&s->index, slab_take(&s->index)), 0, sizeof(uint32_t));
  }
  return slab_reserve(&s->list, n);
}

static uint32_t hash(const struct shape *shape) {
  uint32_t word[6], h = 0;
  memcpy(word, shape, sizeof word);
  for (int i = 0; i < 6; i++) h = (h ^ word[i]) * 0x9e3779b1u;
  return h;
}

static int is(const struct shapes *s, uint32_t number,
              const struct shape *shape) {
  return !memcmp(slab_at(&s->list, number), shape, sizeof *shape);
}

static uint32_t search(struct shapes *s, const struct shape *shape,
                       uint32_t at) {
  uint16_t *index = slab_at(&s->index, 0);
  for (; index[at]; at = (at + 1) & (INDEX_SIZE - 1))
    if (is(s, index[at] - 1u, shape)) return index[at] - 1u;
  uint32_t number = slab_take(&s->list);
  if (number == SLAB_NONE) return SHAPE_NONE;
  memcpy(slab_at(&s->list, number), shape, sizeof *shape);
  index[at] = (uint16_t)(number + 1);
  return number;
}

uint32_t shapes_find(struct shapes *s, const struct shape *shape) {
  uint32_t h = hash(shape);
  uint16_t *recent = &s->recent[(h >> 8) % SHAPES_RECENT];
  if (*recent && is(s, *recent - 1u, shape)) return *recent - 1u;
  if (!s->index.count) return SHAPE_NONE;
  uint32_t number = search(s, shape, h >> (32 - INDEX_BITS));
  *recent = (uint16_t)(number + 1);    /* SHAPE_NONE + 1 is 0: none */
  return number;
}

_Static_assert(sizeof(struct shape) == 24, "hash reads six words");
