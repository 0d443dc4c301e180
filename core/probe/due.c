/* SPDX-License-Identifier: MIT */
#include "probe/due.h"

#include "probe/lane.h"
#include "probe/sweep.h"

int due_wants(struct trace *t) {
  if (trace_sweeps(t)) return !t->asked && sweep_next(t) != 0;
  const struct opts *o = t->opts;
  if (t->extra->queue != SLAB_NONE) return 1;
  if (t->asked || t->passed) return 0;
  if (o->flags & MTR_MANUAL || t->waits) return 0;
  if (t->out >= (t->alone ? 1 : o->window)) return 0;
  /* After max_probes it is asked once more, when the last probe has ended. */
  return !o->max_probes || t->probes < o->max_probes || !t->out;
}

int due_later(struct core *c, struct trace *t, int64_t now) {
  int64_t at = t->laned ? lane_wake(c, t, now) : t->at;
  if (now >= at) return 0;             /* always so for traces without timer */
  wheel_remove(&c->wheel, &t->extra->timer);
  wheel_add(&c->wheel, &t->extra->timer, at);
  return 1;
}

unsigned due_question(const struct trace *t) {
  uint32_t flags = t->opts->flags;
  if (flags & MTR_PACED && !t->paced) return MTR_EV_PACE;
  return flags & MTR_STRATEGY && t->extra->queue == SLAB_NONE ? MTR_EV_NEXT : 0;
}
