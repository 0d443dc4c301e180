/* SPDX-License-Identifier: MIT
 *
 * slab.h: elements of one size, named by index, in chunks that never move. The
 * engine below core/loop allocates only here, in slab_reserve, which is called
 * when traces start or between batches, never per probe. slab_take and
 * slab_give only change a free list. A large slab grows by huge pages, where
 * the kernel has them; each chunk cut from a huge page counts as memory when it
 * is cut.
 *
 * While an element is free, its first four bytes belong to the slab. The rest
 * keeps its last value, so that a generation counter survives there. New
 * elements are zero. An element whose counter is used up rests: slab_reserve
 * frees it when no other element can be had, the longest rested first.
 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

enum { SLAB_NONE = 0xffffffff };

struct slab {
  uint8_t **chunks;      /* chunk table */
  uint8_t **region;      /* huge pages from which later chunks are cut */
  uint32_t small;        /* chunks that are not in huge pages */
  uint32_t regions;
  uint32_t left;         /* bytes of the last region not yet cut */
  uint32_t size;         /* bytes of an element */
  uint32_t shift;        /* elements in a chunk, as a power of two */
  uint32_t count;        /* elements that exist */
  uint32_t max;          /* elements that may exist */
  uint32_t used;         /* elements taken */
  uint32_t free;         /* first of the free list; SLAB_NONE: empty */
  uint32_t resting;      /* elements that rest: neither taken nor free */
  uint32_t rest_first, rest_last;    /* of them; SLAB_NONE: none */
};

/* slab_init: makes an empty slab for at most |max| elements of |size| bytes (a
 * multiple of 8), which grows by 1 << |shift|. It does not allocate. */
void slab_init(struct slab *s, uint32_t size, uint32_t max, uint32_t shift);

/* slab_close: frees all memory. */
void slab_close(struct slab *s);

/* slab_reserve: makes sure that |n| elements are free, or as many as |max|
 * allows. 0; -ENOMEM: the slab is as before. */
int slab_reserve(struct slab *s, uint32_t n);

/* slab_take: takes a free element. Returns its index or SLAB_NONE. */
uint32_t slab_take(struct slab *s);

/* slab_give: frees element |i|, which was taken. */
void slab_give(struct slab *s, uint32_t i);

/* slab_rest: gives back element |i|, which was taken, to rest. */
void slab_rest(struct slab *s, uint32_t i);

/* slab_give_chain: frees |n| elements at once, from |first| to |last|. The
 * first four bytes of each are the index of the next one. */
void slab_give_chain(struct slab *s, uint32_t first, uint32_t last, uint32_t n);

/* slab_bytes: returns the bytes of memory in use. */
size_t slab_bytes(const struct slab *s);

/* slab_at: returns element |i|, which exists; valid until slab_close. */
static inline void *slab_at(const struct slab *s, uint32_t i) {
  uint32_t in = i & ((1u << s->shift) - 1);
  return s->chunks[i >> s->shift] + (size_t)in * s->size;
}

#endif
