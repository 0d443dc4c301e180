/* SPDX-License-Identifier: MIT
 *
 * heap.h: memory for a Lua state, whose blocks are mostly small. Those are of
 * 64 sizes, each with a list of free ones; they are cut from larger pieces, and
 * from huge pages once there are many: a script with tens of thousands of
 * traces in flight touches its memory all over. What is free of one size does
 * not serve another. Large blocks are malloc's.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum { HEAP_STEP = 16, HEAP_SMALL = 1024, HEAP_SIZES = HEAP_SMALL / HEAP_STEP };

struct heap {
  void *free[HEAP_SIZES + 1];          /* by size in steps */
  uint8_t *next;         /* not yet cut */
  size_t left;           /* bytes of that */
  size_t pieces;         /* bytes of all pieces */
};

/* heap_alloc: a lua_Alloc; |heap| is a struct heap, all zero at first, whose
 * small blocks live until the program ends. */
void *heap_alloc(void *heap, void *block, size_t old, size_t size);

#endif
