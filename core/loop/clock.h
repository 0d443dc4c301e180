/* SPDX-License-Identifier: MIT
 *
 * clock.h: what time it is for a loop: the system's, or that of a transport
 * with a time of its own (a simulated network, a replayed run). No other file
 * reads a clock of the system.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include "loop/state.h"

/* clock_system: the system's monotonic time, ns. */
int64_t clock_system(void);

/* clock_now: the time of |l|, ns. */
int64_t clock_now(const struct loop *l);

/* clock_call: clock_now for a call from outside the loop, where a transport's
 * own time may move on. */
int64_t clock_call(struct loop *l);

/* clock_recent: the same for one call of many: a time as old as |held| will do,
 * where it can be had without asking the system. */
int64_t clock_recent(struct loop *l);

/* clock_look: learns how far the time of day is ahead of clock_system. */
void clock_look(struct epoch *e);

/* clock_epoch: how far the time of day is ahead of clock_system, ns. */
int64_t clock_epoch(void);

/* clock_unix: the time of day, unix seconds, when clock_now was |at|; the same
 * for the same |at| until the next step. */
double clock_unix(const struct loop *l, int64_t at);

#endif
