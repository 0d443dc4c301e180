/* SPDX-License-Identifier: MIT */
#include "base/slab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/huge.h"

enum { LARGE = 1 << 20 };  /* bytes from which a slab grows by huge pages */

void slab_init(struct slab *s, uint32_t size, uint32_t max, uint32_t shift) {
  *s = (struct slab){.size = size, .shift = shift, .max = max,
                     .free = SLAB_NONE, .rest_first = SLAB_NONE,
                     .rest_last = SLAB_NONE};
}

void slab_close(struct slab *s) {
  for (uint32_t i = 0; i < s->small; i++) free(s->chunks[i]);
  for (uint32_t i = 0; i < s->regions; i++) huge_unmap(s->region[i]);
  free(s->chunks);
  free(s->region);
  slab_init(s, s->size, s->max, s->shift);
}

static void push(struct slab *s, uint32_t i) {
  memcpy(slab_at(s, i), &s->free, sizeof s->free);
  s->free = i;
}

/* Returns |table|, which has |n| pointers, with room for one more. It is full
 * at powers of two. NULL when out of memory. */
static void *table_grow(void *table, uint32_t n) {
  if (n & (n - 1)) return table;
  return realloc(table, (n ? (size_t)n * 2 : 1) * sizeof(uint8_t *));
}

static uint8_t *carve(struct slab *s, size_t bytes) {
  if (s->left < bytes) {
    void *table = table_grow(s->region, s->regions);
    if (!table) return NULL;
    s->region = table;
    uint8_t *region = huge_map();
    if (!region) return NULL;
    s->region[s->regions++] = region;
    s->left = HUGE_BYTES;
  }
  uint8_t *chunk = s->region[s->regions - 1] + (HUGE_BYTES - s->left);
  s->left -= (uint32_t)bytes;
  return chunk;
}

/* A chunk that is all zero, or NULL. */
static uint8_t *new_chunk(struct slab *s) {
  size_t bytes = (size_t)s->size << s->shift;
  if (slab_bytes(s) >= LARGE && bytes <= LARGE) return carve(s, bytes);
  uint8_t *chunk = calloc(1, bytes);
  if (chunk) s->small++;
  return chunk;
}

static int grow(struct slab *s) {
  uint32_t per = 1u << s->shift, n = s->count >> s->shift;
  uint32_t end = s->max - s->count < per ? s->max : s->count + per;
  void *table = table_grow(s->chunks, n);
  if (!table) return -ENOMEM;
  s->chunks = table;
  uint8_t *chunk = new_chunk(s);
  if (!chunk) return -ENOMEM;
  s->chunks[n] = chunk;
  uint32_t first = s->count;
  s->count = end;
  for (uint32_t i = end; i-- > first;) push(s, i);
  return 0;
}

/* Elements that are free. */
static uint32_t spare(const struct slab *s) {
  return s->count - s->used - s->resting;
}

/* Frees the element that has rested longest. */
static void wake(struct slab *s) {
  uint32_t i = s->rest_first;
  memcpy(&s->rest_first, slab_at(s, i), sizeof i);
  if (s->rest_first == SLAB_NONE) s->rest_last = SLAB_NONE;
  s->resting--;
  push(s, i);
}

int slab_reserve(struct slab *s, uint32_t n) {
  while (spare(s) < n && s->count < s->max) {
    int err = grow(s);
    if (err) return err;
  }
  while (spare(s) < n && s->resting) wake(s);
  return 0;
}

uint32_t slab_take(struct slab *s) {
  uint32_t i = s->free;
  if (i == SLAB_NONE) return i;
  memcpy(&s->free, slab_at(s, i), sizeof s->free);
  if (s->free != SLAB_NONE) __builtin_prefetch(slab_at(s, s->free), 1);
  s->used++;
  return i;
}

void slab_give(struct slab *s, uint32_t i) {
  push(s, i);
  s->used--;
}

void slab_rest(struct slab *s, uint32_t i) {
  uint32_t none = SLAB_NONE;
  memcpy(slab_at(s, i), &none, sizeof none);
  if (s->rest_last == SLAB_NONE) s->rest_first = i;
  else memcpy(slab_at(s, s->rest_last), &i, sizeof i);
  s->rest_last = i;
  s->resting++;
  s->used--;
}

void slab_give_chain(struct slab *s, uint32_t first, uint32_t last,
                     uint32_t n) {
  memcpy(slab_at(s, last), &s->free, sizeof s->free);
  s->free = first;
  s->used -= n;
}

size_t slab_bytes(const struct slab *s) {
  size_t chunks = (s->count + (1u << s->shift) - 1) >> s->shift;
  return (chunks << s->shift) * s->size;
}
