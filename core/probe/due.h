/* SPDX-License-Identifier: MIT
 *
 * due.h: decides for a trace whose turn it is: can it send now, must it wait
 * for its pace, or must it be asked first?
 *
 * Wrong if something happens to a trace and nobody calls turns_ready: then it
 * gets no turn until something else happens.
 */
#ifndef PROBE_DUE_H
#define PROBE_DUE_H

#include "probe/state.h"

/* due_wants: returns 1 if |t| has a probe to send; a strategy: room for one. */
int due_wants(struct trace *t);

/* due_later: returns 1 if |t| must wait for its pace or for a lane; then
 * a timer wakes it. */
int due_later(struct core *c, struct trace *t, int64_t now);

/* due_question: returns MTR_EV_PACE or MTR_EV_NEXT if |t|, whose turn it is,
 * must be asked before it sends, else 0. */
unsigned due_question(const struct trace *t);

#endif
