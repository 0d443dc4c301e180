/* SPDX-License-Identifier: MIT
 *
 * unpack.c: fuzz target of the reader of packed records (mtr_unpack). The input
 * is a run of records, in memory of exactly its size. What is read can be
 * written as JSON, into memory of the length that it says, and not more; it has
 * no number that readers of results refuse. It can be written as warts, into
 * memory of any length, or has too many replies for it. After a damaged record
 * there is nothing to write.
 */
#include "mtr.h"
#include "target.h"

#include <errno.h>
#include <string.h>

/* What no line of a result has. In a text, quotes have a backslash. */
static const char *const NEVER[] = {
  "\"first_ttl\":0,", "\"max_ttl\":0,", "\"window\":0,", "\"queries\":0,",
  "\"attempts\":0,", "\"attempt\":0,", "\"duration\":-", "\"timeout\":-",
  "\"rtt\":-", "\"at\":-", "\"duration\":null",
  "\"timeout\":null", "\"rtt\":null", "\"at\":null",
};

/* Checks a line of |n| bytes with a zero behind it. A label can contain
 * anything; without one there is no zero, and one member transport. */
static void check(const char *text, size_t n) {
  static const char transport[] = ",\"transport\":";
  if (memchr(text, 0, n)) return;
  const char *first = strstr(text, transport);
  must(first != NULL);
  if (strstr(first + 1, transport)) return;
  must(strstr(first, ",\"stop_reason\":\"") != NULL);
  for (size_t i = 0; i < sizeof NEVER / sizeof *NEVER; i++)
    must(!strstr(first, NEVER[i]));
}

static void write_warts(struct mtr_unpacker *u) {
  int longest = 0;
  for (uint32_t size = 64; size <= 1 << 18; size *= 2) {
    uint8_t *bytes = malloc(size);
    if (!bytes) return;
    int n = mtr_unpack_warts(u, 1, 1, bytes, size);
    must(n == -EMSGSIZE || (n > 8 && (uint32_t)n <= size));
    must(n == -EMSGSIZE ? !longest : !longest || n == longest);
    if (n > 0) longest = n;
    free(bytes);
  }
}

static void write(struct mtr_unpacker *u) {
  char few[8];
  int n = mtr_unpack_json(u, few, sizeof few);
  must(n > (int)sizeof few);
  char *text = malloc((size_t)n + 1);
  if (!text) return;
  must(mtr_unpack_json(u, text, (uint32_t)n) == n);
  must(text[0] == '{' && text[n - 1] == '}');
  text[n] = 0;
  check(text, (size_t)n);
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
      write_warts(u);
    }
    char none[1];
    must(mtr_unpack_json(u, none, 1) < 0);
    must(mtr_unpack_warts(u, 1, 1, (uint8_t *)none, 1) < 0);
    must(at <= n);
  }
  free(bytes);
  mtr_unpacker_free(u);
  return 0;
}
