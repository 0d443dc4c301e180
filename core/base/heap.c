/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/huge.h"

enum { PIECE = 1 << 20, LINEAR = HEAP_SMALL / HEAP_STEP, SMALL_BITS = 10 };

_Static_assert(HEAP_SMALL == 1 << SMALL_BITS, "a power of two");

/* Returns the number of the smallest size that is at least |size|. */
static unsigned number(size_t size) {
  if (size <= HEAP_SMALL)
    return (unsigned)((size + HEAP_STEP - 1) / HEAP_STEP);
  unsigned bits = 63 - (unsigned)__builtin_clzll(size - 1);
  unsigned quarter = (unsigned)((size - 1) >> (bits - 2)) & 3;
  return LINEAR + (bits - SMALL_BITS) * 4 + quarter + 1;
}

/* Returns the bytes of size number |n|. */
static size_t bytes_of(unsigned n) {
  if (n <= LINEAR) return (size_t)n * HEAP_STEP;
  unsigned bits = SMALL_BITS + (n - LINEAR - 1) / 4;
  return (size_t)(5 + (n - LINEAR - 1) % 4) << (bits - 2);
}

static int refill(struct heap *h) {
  size_t size = h->pieces ? HUGE_BYTES : PIECE;
  uint8_t *piece = h->pieces ? huge_map() : malloc(size);
  if (!piece) return -1;
  h->next = piece;
  h->left = size;
  h->pieces += size;
  return 0;
}

static void *take(struct heap *h, size_t size) {
  if (size > HEAP_MOST) return malloc(size);
  unsigned n = number(size);
  size_t bytes = bytes_of(n);
  void *block = h->free[n];
  if (block) {
    memcpy(&h->free[n], block, sizeof block);
    __builtin_prefetch(h->free[n], 1);   /* not used for long */
    return block;
  }
  if (h->left < bytes && refill(h)) return NULL;
  block = h->next;
  h->next += bytes;
  h->left -= bytes;
  return block;
}

static void give(struct heap *h, void *block, size_t size) {
  if (size > HEAP_MOST) {
    free(block);
    return;
  }
  unsigned n = number(size);
  memcpy(block, &h->free[n], sizeof block);
  h->free[n] = block;
}

void *heap_alloc(void *heap, void *block, size_t old, size_t size) {
  if (!block) return size ? take(heap, size) : NULL;
  if (!size) {
    give(heap, block, old);
    return NULL;
  }
  int apart = old > HEAP_MOST, other = size > HEAP_MOST;
  if (apart && other) return realloc(block, size);
  if (!apart && !other && number(old) == number(size)) return block;
  void *copy = take(heap, size);
  if (!copy) return NULL;
  memcpy(copy, block, old < size ? old : size);
  give(heap, block, old);
  return copy;
}
