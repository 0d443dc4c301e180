/* SPDX-License-Identifier: MIT
 *
 * heap.h: memory for a Lua state, whose blocks are mostly small. They are of 92
 * sizes, each with a list of free ones, and are cut from pieces of a megabyte,
 * then from huge pages: a script with tens of thousands of traces in flight
 * touches its memory all over. What is free of one size does not serve another.
 * Blocks above HEAP_MOST are malloc's.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum {
  HEAP_STEP = 16,        /* from one size to the next, up to HEAP_SMALL */
  HEAP_SMALL = 1 << 10,  /* then there are four to each doubling */
  HEAP_MOST = 1 << 17,
  HEAP_SIZES = HEAP_SMALL / HEAP_STEP + 4 * 7
};

struct heap {
  void *free[HEAP_SIZES + 1];          /* by number of the size, from 1 */
  uint8_t *next;         /* not yet cut */
  size_t left;           /* bytes of that */
  size_t pieces;         /* bytes of all pieces */
};

/* heap_alloc: a lua_Alloc; |heap| is a struct heap, all zero at first, whose
 * blocks up to HEAP_MOST live until the program ends. */
void *heap_alloc(void *heap, void *block, size_t old, size_t size);

#endif
