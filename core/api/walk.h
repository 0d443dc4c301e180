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

/* walk_next: makes m->replies.events[0] the event of the next cell, as
 * mtr_replies does, but without fields that are not in results; its extension
 * bytes begin at m->replies.ext. Returns 1; 0: there are no more; -1: the cells
 * are not in order, or are several for a TTL: call walk_fetch. */
int walk_next(struct walk *w, struct mtr *m);

/* walk_fetch: writes all replies of a trace to m->replies, like mtr_replies.
 * Returns how many they are, -ESTALE or -ENOMEM. */
int walk_fetch(struct mtr *m, uint32_t trace);

#endif
