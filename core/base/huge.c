/* SPDX-License-Identifier: MIT */
#include "base/huge.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

void *huge_map(void) {
  int rights = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
  uint8_t *raw = mmap(NULL, 2 * (size_t)HUGE_BYTES, rights, flags, -1, 0);
  if (raw == MAP_FAILED) return NULL;
  size_t before = -(uintptr_t)raw & (HUGE_BYTES - 1);
  if (before) munmap(raw, before);
  munmap(raw + before + HUGE_BYTES, HUGE_BYTES - before);
  madvise(raw + before, HUGE_BYTES, MADV_HUGEPAGE);    /* may fail */
  return raw + before;
}

void huge_unmap(void *page) { munmap(page, HUGE_BYTES); }
