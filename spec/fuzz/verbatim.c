/* SPDX-License-Identifier: MIT
 *
 * verbatim.c: fuzz target of the scanner that lets results pass a drain as they
 * are (mtr_json_verbatim). The text is copied to memory of exactly its size.
 * What it lets pass is one line of printable ASCII with an object in it, and
 * any shorter text is not. The kinds are those of a small result, one of each
 * type, and a list of such lists without end.
 */
#include "mtr.h"
#include "target.h"

#include <string.h>

/* Where the kinds within others begin. */
enum { MEMBERS = 1, MEMBERS_N = 13, HOP = 14, HOP_MEMBERS = 15, REPLY = 18,
       REPLY_MEMBERS = 19, DEEP = 22, TYPES = 23, KINDS = 24 };

static const struct mtr_json_kind kinds[KINDS] = {
  {.type = MTR_JSON_OBJECT, .first = MEMBERS, .n = MEMBERS_N},
  {.name = "type", .type = MTR_JSON_ONE_OF, .first = TYPES, .n = 1,
   .needed = 1},
  {.name = "list", .type = MTR_JSON_ID, .least = -9007199254740992.0,
   .most = 9007199254740992.0},
  {.name = "protocol", .type = MTR_JSON_WORD, .needed = 1},
  {.name = "dst", .type = MTR_JSON_ADDRESS, .needed = 1},
  {.name = "target", .type = MTR_JSON_TEXT, .needed = 1},
  {.name = "stop_reason", .type = MTR_JSON_WORD, .needed = 1},
  {.name = "start", .type = MTR_JSON_NUMBER, .most = 4294967295.0,
   .decimals = 6},
  {.name = "ttl", .type = MTR_JSON_NUMBER, .least = 1, .most = 255},
  {.name = "hops", .type = MTR_JSON_NUMBERED, .first = HOP, .n = 1,
   .needed = 1},
  {.name = "hex", .type = MTR_JSON_HEX},
  {.name = "complete", .type = MTR_JSON_BOOLEAN},
  {.name = "deep", .type = MTR_JSON_LIST, .first = DEEP, .n = 1},
  {.name = "outside", .type = MTR_JSON_LIST, .first = KINDS, .n = 1},
  {.type = MTR_JSON_OBJECT, .first = HOP_MEMBERS, .n = 3},
  {.name = "ttl", .type = MTR_JSON_NUMBER, .least = 1, .most = 255,
   .needed = 1},
  {.name = "addr", .type = MTR_JSON_ADDRESS},
  {.name = "replies", .type = MTR_JSON_LIST, .first = REPLY, .n = 1,
   .needed = 1},
  {.type = MTR_JSON_OBJECT, .first = REPLY_MEMBERS, .n = 3},
  {.name = "addr", .type = MTR_JSON_ADDRESS, .needed = 1},
  {.name = "rtt", .type = MTR_JSON_NUMBER, .most = 1e12, .decimals = 3,
   .needed = 1},
  {.name = "dup", .type = MTR_JSON_TRUE},
  {.type = MTR_JSON_LIST, .first = DEEP, .n = 1},
  {.name = "trace"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
  char *text = malloc(n ? n : 1);
  if (!text) return 0;
  memcpy(text, data, n);
  int yes = mtr_json_verbatim(text, (uint32_t)n, kinds, KINDS);
  must(yes == 0 || yes == 1);
  if (yes) {
    must(text[0] == '{' && text[n - 1] == '}');
    for (size_t i = 0; i < n; i++) must(text[i] >= ' ' && text[i] <= '~');
    char *shorter = malloc(n - 1);
    if (shorter) {
      memcpy(shorter, text, n - 1);
      must(!mtr_json_verbatim(shorter, (uint32_t)n - 1, kinds, KINDS));
    }
    free(shorter);
  }
  free(text);
  return 0;
}
