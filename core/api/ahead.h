/* SPDX-License-Identifier: MIT
 *
 * ahead.h: fetches the replies of the next results into the processor's cache
 * while one result is being written. The replies of a trace are a chain of
 * cells that lie scattered in memory. Walking a chain waits for memory at each
 * cell and takes longer than the writing. So, for each cell that is written,
 * one cell is fetched of the traces whose DONE events come next in the batch,
 * three chains at a time. Only the speed depends on this.
 *
 * It gains nothing, and costs little, if results are asked for in another order
 * than that of the events, or if each step ends only one trace.
 */
#ifndef API_AHEAD_H
#define API_AHEAD_H

#include "probe/core.h"

enum { AHEAD = 3 };

struct ahead {
  double step;           /* number of the step whose batch this is */
  uint32_t current;      /* DONE event in the batch: of the trace written */
  uint32_t last;         /* ... of the last trace whose chain was begun */
  uint32_t turn;         /* the chains take turns */
  struct {
    uint32_t cell;       /* the cell fetched last; SLAB_NONE: none */
    uint32_t end;        /* DONE event of its trace */
  } chain[AHEAD];
};

/* ahead_begin: call it before the result of trace |handle| is written. Before
 * the first call |a| is all zero. */
void ahead_begin(struct ahead *a, const struct core *c, uint32_t handle);

/* ahead_next: fetches one more cell. */
void ahead_next(struct ahead *a, const struct core *c);

#endif
