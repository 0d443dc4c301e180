/* SPDX-License-Identifier: MIT
 *
 * turns.h: the lists of traces. Traces that may have a probe to send wait in
 * one list; those that somebody has just chosen (a strategy's answer, a pick)
 * wait in another, which goes first; traces that something happened to are in a
 * third, until they are judged.
 *
 * Wrong if the index of a trace is used again while it is in a list: a trace
 * leaves the lists of turns when it stops, and is judged before it is released.
 */
#ifndef PROBE_TURNS_H
#define PROBE_TURNS_H

#include "probe/state.h"

/* turns_ready: |t| may have a probe to send. */
void turns_ready(struct core *c, struct trace *t);

/* turns_urgent: |t| may have a probe to send, and it goes before others. */
void turns_urgent(struct core *c, struct trace *t);

/* turns_leave: |t| waits for its turn no longer. */
void turns_leave(struct core *c, struct trace *t);

/* turns_dirty: something happened to |t|: it is to be judged. */
void turns_dirty(struct core *c, struct trace *t);

/* turns_next: whose turn it is; NULL: nobody's, or it is to be picked. */
struct trace *turns_next(const struct core *c);

/* turns_any: whether a trace waits for its turn. */
static inline int turns_any(const struct core *c) {
  return c->ready.first != SLAB_NONE || c->urgent.first != SLAB_NONE;
}

#endif
