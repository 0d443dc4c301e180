/* SPDX-License-Identifier: MIT
 *
 * slab.h: elements of one size, named by index, in chunks that never move. The
 * only place where the engine below core/loop allocates: slab_reserve, called
 * when traces start or between batches, never per probe. Taking and giving are
 * free-list moves. A slab that has become large grows by huge pages where the
 * kernel has them: the chunks carved from one count as memory in use one by
 * one.
 *
 * The first four bytes of an element belong to the slab while it is free; the
 * rest keeps its last value, so that a generation counter survives there. New
 * elements are zero. An element whose counter has come to its end rests: it is
 * taken again only when there is no other, the one that has rested longest
 * first.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

enum { SLAB_NONE = 0xffffffff };

struct slab {
  uint8_t **chunks;      /* chunk table */
  uint8_t **region;      /* huge pages that later chunks are carved from */
  uint32_t small;        /* chunks that are not */
  uint32_t regions;
  uint32_t left;         /* bytes of the last region not yet carved */
  uint32_t size;         /* bytes of an element */
  uint32_t shift;        /* elements in a chunk, as a power of two */
  uint32_t count;        /* elements that exist */
  uint32_t max;          /* elements that may exist */
  uint32_t used;         /* elements taken */
  uint32_t free;         /* first of the free list, SLAB_NONE when empty */
  uint32_t resting;      /* elements that rest, neither taken nor free */
  uint32_t rest_first, rest_last;    /* of them; SLAB_NONE when empty */
};

/* slab_init: an empty slab of elements of |size| bytes (a multiple of 8), at
 * most |max|, growing by 1 << |shift|. Allocates nothing. */
void slab_init(struct slab *s, uint32_t size, uint32_t max, uint32_t shift);

/* slab_close: frees everything. */
void slab_close(struct slab *s);

/* slab_reserve: makes sure that |n| elements are free, or as many as |max|
 * leaves. Returns 0, or -ENOMEM with what it had. */
int slab_reserve(struct slab *s, uint32_t n);

/* slab_take: a free element's index, or SLAB_NONE. */
uint32_t slab_take(struct slab *s);

/* slab_give: frees element |i|, which was taken. */
void slab_give(struct slab *s, uint32_t i);

/* slab_rest: as slab_give, but element |i| is to rest. */
void slab_rest(struct slab *s, uint32_t i);

/* slab_give_chain: frees |n| elements at once, the first of which is |first|,
 * each naming the next in its first four bytes, the last of which is |last|. */
void slab_give_chain(struct slab *s, uint32_t first, uint32_t last, uint32_t n);

/* slab_bytes: memory in use. */
size_t slab_bytes(const struct slab *s);

/* slab_at: element |i|, which exists; valid until slab_close. */
static inline void *slab_at(const struct slab *s, uint32_t i) {
  uint32_t in = i & ((1u << s->shift) - 1);
  return s->chunks[i >> s->shift] + (size_t)in * s->size;
}

#endif
