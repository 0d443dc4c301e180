/* SPDX-License-Identifier: MIT */
#include "api/walk.h"

#include <errno.h>

enum { FIRST_ROOM = 64 /* events */ };

static int reserve(struct replies *r) {
  return r->room ? 0 : replies_reserve(r, FIRST_ROOM);
}

int walk_begin(struct walk *w, struct mtr *m, const struct trace *trace,
               unsigned last) {
  *w = (struct walk){trace, SLAB_NONE, 1, last};
  ahead_begin(&m->ahead, &m->loop.core, trace->handle);
  return reserve(&m->replies);
}

/* Makes the event of |cell|, the only one of its hop. */
static void read_cell(const struct cells *cells, const struct cell *cell,
                      struct replies *r) {
  struct mtr_event *e = r->events;
  struct missed missed = {0};
  cells_event(cells, cell, e, r->ext);
  e->ext = 0;
  e->ext_high = 0;
  if (e->family) return;
  cells_missed(cell, e->icmp_code, &missed);
  e->attempt = missed.silent;
  e->stop = missed.failed;
  e->error = missed.error;
}

int walk_next(struct walk *w, struct mtr *m) {
  const struct core *c = &m->loop.core;
  const struct cells *cells = &c->cells;
  const struct cell *cell;
  while ((cell = cells_next(cells, &w->trace->cells, &w->at))) {
    if (cell->next != SLAB_NONE)
      __builtin_prefetch(slab_at(&cells->slab, cell->next));
    ahead_next(&m->ahead, c);
    read_cell(cells, cell, &m->replies);
    unsigned ttl = m->replies.events->ttl;
    if (ttl > w->last) continue;
    if (ttl < w->ttl) return -1;
    w->ttl = ttl + 1;
    return 1;
  }
  return 0;
}

int walk_fetch(struct mtr *m, uint32_t trace) {
  struct replies *r = &m->replies;
  if (reserve(r)) return -ENOMEM;
  for (;;) {
    int n = mtr_replies(m, trace, MTR_ALL_TTLS, r->events, r->room, r->ext,
                        r->room * REPLIES_EXT);
    if (n < 0 || (uint32_t)n <= r->room) return n;
    if (replies_reserve(r, (uint32_t)n)) return -ENOMEM;
  }
}
