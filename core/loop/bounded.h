/* SPDX-License-Identifier: MIT
 *
 * bounded.h: how long a step may take, if it is bounded (the option max_step of
 * an engine).
 */
#ifndef LOOP_BOUNDED_H
#define LOOP_BOUNDED_H

#include "loop/clock.h"
#include "loop/state.h"

enum {
  BOUNDED_BATCHES = 16,  /* of a bounded step where time is virtual */
  BOUNDED_SMALL = 16     /* a batch where it is not: loopback takes 7 us each */
};

/* bounded_batch: returns how many are worked on at once, between two looks at
 * the clock. */
static inline uint32_t bounded_batch(const struct loop *l) {
  return l->most && !l->net->virtual ? BOUNDED_SMALL : LOOP_BATCH;
}

/* bounded_spent: returns 1 if this step has taken as long as it may. Asked
 * after each batch. Where time is virtual, batches count, so that a run can be
 * repeated. */
static inline int bounded_spent(struct loop *l) {
  if (!l->most) return 0;
  if (l->net->virtual) return ++l->batches >= BOUNDED_BATCHES;
  return clock_system() >= l->until;
}

/* bounded_overdue: returns 1 if a step, with mtr_hold since its beginning, took
 * as long as it may. */
static inline int bounded_overdue(const struct loop *l) {
  if (!l->most || l->net->virtual || !l->held_since) return 0;
  return l->held_since - 1 <= l->until - l->most && clock_system() >= l->until;
}

#endif
