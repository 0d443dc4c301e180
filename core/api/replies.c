/* SPDX-License-Identifier: MIT */
#include "api/replies.h"

#include <errno.h>
#include <stdlib.h>

int replies_reserve(struct replies *r, uint32_t n) {
  struct replies bigger = {.room = n};
  bigger.events = malloc(n * sizeof *r->events);
  bigger.ext = malloc((size_t)n * REPLIES_EXT);
  bigger.next = malloc(n * sizeof *r->next);
  bigger.phrases = calloc(PHRASES, sizeof *r->phrases);
  if (bigger.events && bigger.ext && bigger.next && bigger.phrases) {
    replies_close(r);
    *r = bigger;
    return 0;
  }
  replies_close(&bigger);
  return -ENOMEM;
}

void replies_close(struct replies *r) {
  free(r->events);
  free(r->ext);
  free(r->next);
  free(r->phrases);
}
