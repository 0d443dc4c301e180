/* SPDX-License-Identifier: MIT */
#include "api/walk.h"

#include <errno.h>

enum { FIRST_ROOM = 64 /* events */ };

int walk_begin(struct walk *w, struct mtr *m, const struct trace *trace,
               unsigned last) {
  *w = (struct walk){trace, SLAB_NONE, 1, last};
  ahead_begin(&m->ahead, &m->loop.core, trace->handle);
  return replies_reserve(&m->replies, FIRST_ROOM);
}

int walk_fetch(struct mtr *m, uint32_t trace) {
  struct replies *r = &m->replies;
  if (replies_reserve(r, FIRST_ROOM)) return -ENOMEM;
  for (;;) {
    int n = mtr_replies(m, trace, MTR_ALL_TTLS, r->events, r->room, r->ext,
                        r->room * REPLIES_EXT);
    if (n < 0 || (uint32_t)n <= r->room) return n;
    if (replies_reserve(r, (uint32_t)n)) return -ENOMEM;
  }
}
