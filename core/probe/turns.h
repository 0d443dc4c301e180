/* SPDX-License-Identifier: MIT
 *
 * turns.h: the lists of traces. Traces that may have a probe to send wait in
 * one list. Traces that were just chosen (by the answer of a strategy, or by a
 * pick) wait in a second list, which goes first. Traces that changed are in a
 * third list until they are judged.
 *
 * Wrong if the index of a trace is used again while it is in a list. So a trace
 * leaves the first two when it stops, and the last one when it is released.
 */
#ifndef PROBE_TURNS_H
#define PROBE_TURNS_H

#include "probe/state.h"

/* turns_ready: lets |t| wait for its turn: it may have a probe to send. */
void turns_ready(struct core *c, struct trace *t);

/* turns_urgent: lets |t| wait for its turn, before others. */
void turns_urgent(struct core *c, struct trace *t);

/* turns_leave: takes |t| out of the lists of turns. */
void turns_leave(struct core *c, struct trace *t);

/* turns_dirty: lets |t|, which changed, be judged. */
void turns_dirty(struct core *c, struct trace *t);

/* turns_forget: takes |t|, which is released, off the list of those to
 * judge. */
void turns_forget(struct core *c, struct trace *t);

/* turns_next: returns the trace whose turn it is; NULL: none waits, or the next
 * one must be picked. */
struct trace *turns_next(const struct core *c);

/* turns_any: returns 1 if a trace waits for its turn. */
static inline int turns_any(const struct core *c) {
  return c->ready.first != SLAB_NONE || c->urgent.first != SLAB_NONE;
}

#endif
