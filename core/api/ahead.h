/* SPDX-License-Identifier: MIT
 *
 * ahead.h: fetches the replies of results that will be asked for while one is
 * being written. The replies of a trace are a chain of cells strewn over all
 * the memory there is for them: to walk it costs a wait at each cell, and more
 * time than the writing. So while a result is written, the chains of the traces
 * whose ends are told next in the same batch of events are walked along, three
 * at once, one cell for each that is written. Nothing depends on it but time.
 *
 * It gains nothing, and costs little, if results are not asked for in the order
 * of events, or each step ends one trace only.
 */
#ifndef API_AHEAD_H
#define API_AHEAD_H

#include "probe/core.h"

enum { AHEAD = 3 };

struct ahead {
  double step;           /* whose batch it is, by number */
  uint32_t own;          /* in it: the end of the trace that is written */
  uint32_t last;         /* ... of the last one whose chain was begun */
  uint32_t turn;         /* chains go by turns */
  struct {
    uint32_t cell;       /* which is fetched; SLAB_NONE: none */
    uint32_t end;        /* in the batch: whose chain it is */
  } chain[AHEAD];
};

/* ahead_begin: the result of the trace |handle| is about to be written. |a| is
 * all zero at first. */
void ahead_begin(struct ahead *a, const struct core *c, uint32_t handle);

/* ahead_next: fetches one more. */
void ahead_next(struct ahead *a, const struct core *c);

#endif
