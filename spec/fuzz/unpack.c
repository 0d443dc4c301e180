/* SPDX-License-Identifier: MIT
 *
 * unpack.c: fuzz target of the reader of packed records (mtr_unpack). The input
 * is a run of records, in memory of exactly its size. What is read can be
 * written as JSON, into memory of the length that it says, and not more. After
 * a damaged record there is nothing to write.
 */
#include "mtr.h"
#include "target.h"

#include <string.h>

static void write(struct mtr_unpacker *u) {
  char few[8];
  int n = mtr_unpack_json(u, few, sizeof few);
  must(n > (int)sizeof few);
  char *text = malloc((size_t)n);
  if (!text) return;
  must(mtr_unpack_json(u, text, (uint32_t)n) == n);
  must(text[0] == '{' && text[n - 1] == '}');
  free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  struct mtr_unpacker *u = mtr_unpacker();
  uint8_t *bytes = malloc(n ? n : 1);
  uint32_t at = 0;
  if (u && bytes) {
    memcpy(bytes, data, n);
    mtr_unpack_begin(u);
    for (uint32_t before = 0; !mtr_unpack(u, bytes, (uint32_t)n, &at);
         before = at) {
      must(at > before && at <= n);
      write(u);
    }
    char none[1];
    must(mtr_unpack_json(u, none, 1) < 0);
    must(at <= n);
  }
  free(bytes);
  mtr_unpacker_free(u);
  return 0;
}
