/* SPDX-License-Identifier: MIT
 *
 * due.h: whether a trace whose turn it is has anything to send now, must wait
 * for its own pace, or must be asked first.
 *
 * Wrong if something happens to a trace and nobody says turns_ready: then it is
 * not looked at until something else happens.
 */
#ifndef PROBE_DUE_H
#define PROBE_DUE_H

#include "probe/state.h"

/* due_wants: whether |t| has a probe to send or, a strategy, room for one. */
int due_wants(struct trace *t);

/* due_later: whether |t| has to wait for its own pace; a timer wakes it. */
int due_later(struct core *c, struct trace *t, int64_t now);

/* due_question: MTR_EV_PACE or MTR_EV_NEXT, if |t|, whose turn it is, is to be
 * asked before it sends; else 0. */
unsigned due_question(const struct trace *t);

#endif
