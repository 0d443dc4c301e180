/* SPDX-License-Identifier: MIT
 *
 * timers.h: timers of users, which belong to no trace. Each fires once, as an
 * event.
 */
#ifndef PROBE_TIMERS_H
#define PROBE_TIMERS_H

#include "probe/state.h"

struct user_timer {
  uint32_t next_free;    /* of the slab, while free */
  uint32_t handle;       /* generation << TRACE_BITS | index */
  uint32_t cookie;       /* the user's number, for the event */
  struct timer timer;
};

/* timers_start: starts a timer that makes an event after |ns|. Returns its
 * handle, or 0 when out of memory. It may allocate. */
uint32_t timers_start(struct core *c, int64_t ns, uint32_t cookie,
                      int64_t now);

/* timers_cancel: ends the timer |handle|. 0, or -ESTALE if it has fired or was
 * cancelled. */
int timers_cancel(struct core *c, uint32_t handle);

/* timers_fired: adds the event of the timer at |index|, which is due, and frees
 * the timer. There must be room. */
void timers_fired(struct core *c, uint32_t index);

#endif
