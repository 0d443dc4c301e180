/* SPDX-License-Identifier: MIT */
#include "api/replies.h"

#include <errno.h>
#include <stdlib.h>

int replies_reserve_ext(struct replies *r, uint32_t n, size_t ext) {
  if (r->phrases && n <= r->room && ext <= r->ext_room) return 0;
  if (n < r->room) n = r->room;
  if (ext < r->ext_room) ext = r->ext_room;
  struct replies bigger = {.room = n, .ext_room = ext, .labels = r->labels};
  bigger.events = malloc((n + (size_t)1) * sizeof *r->events);
  bigger.ext = malloc(ext + 1);
  bigger.next = malloc((n + (size_t)1) * sizeof *r->next);
  bigger.phrases = calloc(PHRASES, sizeof *r->phrases);
  if (bigger.events && bigger.ext && bigger.next && bigger.phrases) {
    replies_close(r);
    *r = bigger;
    return 0;
  }
  replies_close(&bigger);
  return -ENOMEM;
}

int replies_reserve(struct replies *r, uint32_t n) {
  return replies_reserve_ext(r, n, (size_t)n * REPLIES_EXT);
}

void replies_close(struct replies *r) {
  free(r->events);
  free(r->ext);
  free(r->next);
  free(r->phrases);
}
