/* SPDX-License-Identifier: MIT */
#include "base/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/huge.h"

enum { PIECE = 1 << 16, LARGE = 1 << 20 };   /* bytes; from LARGE on, huge */

static size_t steps(size_t size) { return (size + HEAP_STEP - 1) / HEAP_STEP; }

static int refill(struct heap *h) {
  int huge = h->pieces >= LARGE;
  size_t size = huge ? HUGE_BYTES : PIECE;
  uint8_t *piece = huge ? huge_map() : malloc(size);
  if (!piece) return -1;
  h->next = piece;
  h->left = size;
  h->pieces += size;
  return 0;
}

static void *take(struct heap *h, size_t size) {
  if (size > HEAP_SMALL) return malloc(size);
  size_t n = steps(size), bytes = n * HEAP_STEP;
  void *block = h->free[n];
  if (block) {
    memcpy(&h->free[n], block, sizeof block);
    return block;
  }
  if (h->left < bytes && refill(h)) return NULL;
  block = h->next;
  h->next += bytes;
  h->left -= bytes;
  return block;
}

static void give(struct heap *h, void *block, size_t size) {
  if (size > HEAP_SMALL) {
    free(block);
    return;
  }
  memcpy(block, &h->free[steps(size)], sizeof block);
  h->free[steps(size)] = block;
}

void *heap_alloc(void *heap, void *block, size_t old, size_t size) {
  if (!block) return size ? take(heap, size) : NULL;
  if (!size) {
    give(heap, block, old);
    return NULL;
  }
  if (old > HEAP_SMALL && size > HEAP_SMALL) return realloc(block, size);
  if (old <= HEAP_SMALL && steps(old) == steps(size)) return block;
  void *other = take(heap, size);
  if (!other) return NULL;
  memcpy(other, block, old < size ? old : size);
  give(heap, block, old);
  return other;
}
