/* SPDX-License-Identifier: MIT */
#include "base/slab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *s, uint32_t size, uint32_t max, uint32_t shift) {
  *s = (struct slab){.size = size, .shift = shift, .max = max,
                     .free = SLAB_NONE};
}

void slab_close(struct slab *s) {
  uint32_t n = (s->count + (1u << s->shift) - 1) >> s->shift;
  for (uint32_t i = 0; i < n; i++) free(s->chunks[i]);
  free(s->chunks);
  slab_init(s, s->size, s->max, s->shift);
}

static void push(struct slab *s, uint32_t i) {
  memcpy(slab_at(s, i), &s->free, sizeof s->free);
  s->free = i;
}

static int grow(struct slab *s) {
  uint32_t per = 1u << s->shift, n = s->count >> s->shift;
  uint32_t end = s->max - s->count < per ? s->max : s->count + per;
  if ((n & (n - 1)) == 0) {            /* table full at powers of two */
    size_t room = n ? (size_t)n * 2 : 1;
    void *table = realloc(s->chunks, room * sizeof *s->chunks);
    if (!table) return -ENOMEM;
    s->chunks = table;
  }
  uint8_t *chunk = calloc(per, s->size);
  if (!chunk) return -ENOMEM;
  s->chunks[n] = chunk;
  uint32_t first = s->count;
  s->count = end;
  for (uint32_t i = end; i-- > first;) push(s, i);
  return 0;
}

int slab_reserve(struct slab *s, uint32_t n) {
  while (s->count - s->used < n && s->count < s->max) {
    int err = grow(s);
    if (err) return err;
  }
  return 0;
}

uint32_t slab_take(struct slab *s) {
  uint32_t i = s->free;
  if (i == SLAB_NONE) return i;
  memcpy(&s->free, slab_at(s, i), sizeof s->free);
  s->used++;
  return i;
}

void slab_give(struct slab *s, uint32_t i) {
  push(s, i);
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
