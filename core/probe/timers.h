/* SPDX-License-Identifier: MIT
 *
 * timers.h: timers of users, which have nothing to do with a trace. Each fires
 * once, as an event.
 */
#ifndef PROBE_TIMERS_H
#define PROBE_TIMERS_H

#include "probe/state.h"

struct user_timer {
  uint32_t next_free;    /* the slab's while free */
  uint32_t handle;       /* generation << TRACE_BITS | index */
  uint32_t cookie;       /* the user's, goes into the event */
  struct timer timer;
};

/* timers_start: makes an event after |ns|. Returns its handle, or 0 when out of
 * memory. It may allocate. */
uint32_t timers_start(struct core *c, int64_t ns, uint32_t cookie,
                      int64_t now);

/* timers_cancel: ends the timer |handle|. 0, or -ESTALE if it has fired or was
 * cancelled. */
int timers_cancel(struct core *c, uint32_t handle);

/* timers_fired: the timer at |index| is due: adds its event. There must be
 * room. */
void timers_fired(struct core *c, uint32_t index);

#endif
