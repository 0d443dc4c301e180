/* SPDX-License-Identifier: MIT
 *
 * verbatim.c: fuzz target of the scanner that lets results pass a drain as they
 * are (mtr_json_verbatim). The text is copied to memory of exactly its size.
 * What it lets pass is one line of printable ASCII with an object in it, and
 * any shorter text is not.
 */
#include "mtr.h"
#include "target.h"

#include <string.h>

enum { KEYS = 12 };

/* The members of a small result, in order, with their decimals. */
static const char names[KEYS][MTR_JSON_KEY] = {
  "type", "protocol", "dst", "target", "stop_reason", "start", "hops", "ttl",
  "addr", "replies", "rtt", "ext",
};
static const struct {
  const char *name;
  char decimals;
} fractions[] = {{"start", 6}, {"rtt", 3}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char keys[KEYS][MTR_JSON_KEY];
  memcpy(keys, names, sizeof keys);
  for (int i = 0; i < KEYS; i++)
    for (size_t k = 0; k < sizeof fractions / sizeof *fractions; k++)
      if (!strcmp(keys[i], fractions[k].name))
        keys[i][MTR_JSON_KEY - 1] = fractions[k].decimals;
  char *text = malloc(n ? n : 1);
  if (!text) return 0;
  memcpy(text, data, n);
  int yes = mtr_json_verbatim(text, (uint32_t)n, keys[0], KEYS);
  must(yes == 0 || yes == 1);
  if (yes) {
    must(text[0] == '{' && text[n - 1] == '}');
    for (size_t i = 0; i < n; i++) must(text[i] >= ' ' && text[i] <= '~');
    char *shorter = malloc(n - 1);
    if (shorter) {
      memcpy(shorter, text, n - 1);
      must(!mtr_json_verbatim(shorter, (uint32_t)n - 1, keys[0], KEYS));
    }
    free(shorter);
  }
  free(text);
  return 0;
}
