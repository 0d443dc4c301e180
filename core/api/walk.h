/* SPDX-License-Identifier: MIT
 *
 * walk.h: the replies of a trace for those who write its result. Mostly there
 * is one cell for each TTL, in order; then walk_next reads one after the other
 * and nothing is sorted. While one cell is read the next is fetched, because
 * they lie scattered in memory. Otherwise walk_fetch gets all replies.
 */
#ifndef API_WALK_H
#define API_WALK_H

#include "api/engine.h"

struct walk {
  const struct trace *trace;
  uint32_t at;           /* the cell that was read last */
  unsigned ttl;          /* of the next cell, or below it */
  unsigned last;         /* the last hop of the result */
};

/* walk_begin: begins at the first cell of |trace|, of which hops up to |last|
 * are wanted. -ENOMEM. */
int walk_begin(struct walk *w, struct mtr *m, const struct trace *trace,
               unsigned last);

/* walk_cell: makes the event of |cell|, the only one of its hop. */
static inline void walk_cell(const struct cells *cells, const struct cell *cell,
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

/* walk_next: makes m->replies.events[0] the event of the next cell, as
 * mtr_replies does, but without fields that are not in results; its extension
 * bytes begin at m->replies.ext. Returns 1; 0: there are no more; -1: the cells
 * are not in order, or are several for a TTL: call walk_fetch. */
static inline int walk_next(struct walk *w, struct mtr *m) {
  const struct core *c = &m->loop.core;
  const struct cells *cells = &c->cells;
  const struct cell *cell;
  while ((cell = cells_next(cells, &w->trace->cells, &w->at))) {
    if (cell->next != SLAB_NONE)
      __builtin_prefetch(slab_at(&cells->slab, cell->next));
    ahead_next(&m->ahead, c);
    walk_cell(cells, cell, &m->replies);
    unsigned ttl = m->replies.events->ttl;
    if (ttl > w->last) continue;
    if (ttl < w->ttl) return -1;
    w->ttl = ttl + 1;
    return 1;
  }
  return 0;
}

/* walk_fetch: writes all replies of a trace to m->replies, like mtr_replies.
 * Returns how many they are, -ESTALE or -ENOMEM. */
int walk_fetch(struct mtr *m, uint32_t trace);

#endif
