/* SPDX-License-Identifier: MIT */
#include "probe/timers.h"

#include <errno.h>

#include "probe/events.h"

uint32_t timers_start(struct core *c, int64_t ns, uint32_t cookie,
                      int64_t now) {
  slab_reserve(&c->timers, 1);
  uint32_t i = slab_take(&c->timers);
  if (i == SLAB_NONE) return 0;
  struct user_timer *u = slab_at(&c->timers, i);
  uint32_t generation = (u->handle >> TRACE_BITS) + 1;
  if (!(generation << TRACE_BITS)) generation = 1;
  u->handle = generation << TRACE_BITS | i;
  u->cookie = cookie;
  u->timer.kind = TIMER_USER;
  u->timer.index = i;
  wheel_add(&c->wheel, &u->timer, now + ns);
  return u->handle;
}

static void timer_free(struct core *c, struct user_timer *u) {
  uint32_t i = u->timer.index;
  wheel_remove(&c->wheel, &u->timer);
  state_give(&c->timers, i, u->handle);
}

int timers_cancel(struct core *c, uint32_t handle) {
  uint32_t i = handle & ((1u << TRACE_BITS) - 1);
  if (i >= c->timers.count) return -ESTALE;
  struct user_timer *u = slab_at(&c->timers, i);
  if (u->handle != handle || !wheel_armed(&u->timer)) return -ESTALE;
  timer_free(c, u);
  return 0;
}

void timers_fired(struct core *c, uint32_t index) {
  struct user_timer *u = slab_at(&c->timers, index);
  struct mtr_event *ev = events_add(c, MTR_EV_TIMER);
  ev->trace = u->handle;
  ev->cookie = u->cookie;
  timer_free(c, u);
}
