/* SPDX-License-Identifier: MIT
 *
 * target.h: what every fuzz target has: the function that takes one input, as
 * libFuzzer and replay.c call it, and its way of saying that a promise is
 * broken.
 */
#ifndef FUZZ_TARGET_H
#define FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* LLVMFuzzerTestOneInput: takes the |n| bytes at |data|; returns 0. Aborts, or
 * is stopped by a sanitizer, if they break something. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* must: aborts unless |holds|. */
static inline void must(int holds) {
  if (!holds) abort();
}

#endif
