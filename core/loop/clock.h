/* SPDX-License-Identifier: MIT
 *
 * clock.h: the time of a loop: the system's, or that of a transport which makes
 * its time itself (a simulated network, a replayed run). No other file reads a
 * clock of the system.
 */
#ifndef LOOP_CLOCK_H
#define LOOP_CLOCK_H

#include "loop/state.h"

/* clock_system: returns the system's monotonic time, ns. */
int64_t clock_system(void);

/* clock_now: returns the time of |l|, ns. */
int64_t clock_now(const struct loop *l);

/* clock_call: returns clock_now in a call of the user, before which it lets the
 * transport's time move on. */
int64_t clock_call(struct loop *l);

/* clock_recent: like clock_call, but cheaper: while wake-ups are suspended it
 * may return |held_since|. For calls that come in great numbers. */
int64_t clock_recent(struct loop *l);

/* clock_span: returns |ms| as ns, at least 1 unless |ms| is 0: a wait that is
 * rounded down to 0 would end at once, again and again. -EINVAL: |ms| is not in
 * 0..1e12, or the time of |l|, which a simulation moves, would come near the
 * end of its range. */
int64_t clock_span(const struct loop *l, double ms);

/* clock_look: measures how far the time of day is ahead of clock_system. */
void clock_look(struct epoch *e);

/* clock_epoch: returns how far the time of day is ahead of clock_system, ns. */
int64_t clock_epoch(void);

/* clock_unix: returns the time of day, unix seconds, when clock_now was |at|.
 * Until the next step the result for one |at| stays the same. */
double clock_unix(const struct loop *l, int64_t at);

#endif
