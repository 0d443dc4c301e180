/* SPDX-License-Identifier: MIT
 *
 * heap.h: memory for a Lua state, which needs mostly small blocks. Blocks have
 * 92 sizes, each with a list of free blocks. They are cut from a first piece of
 * a megabyte, then from huge pages, because a script with many traces uses
 * memory all over. A free block of one size is not used for another size.
 * Blocks above HEAP_MOST come from malloc.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum {
  HEAP_STEP = 16,        /* between two sizes, up to HEAP_SMALL */
  HEAP_SMALL = 1 << 10,  /* above, each doubling has four sizes */
  HEAP_MOST = 1 << 17,
  HEAP_SIZES = HEAP_SMALL / HEAP_STEP + 4 * 7
};

struct heap {
  void *free[HEAP_SIZES + 1];          /* lists, by number of the size from 1 */
  uint8_t *next;         /* rest of the last piece */
  size_t left;           /* bytes of this rest */
  size_t pieces;         /* bytes of all pieces */
};

/* heap_alloc: allocates for Lua (a lua_Alloc). |heap| is a struct heap, all
 * zero at first. Its pieces are never freed. */
void *heap_alloc(void *heap, void *block, size_t old, size_t size);

#endif
