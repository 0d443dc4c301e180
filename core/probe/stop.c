/* SPDX-License-Identifier: MIT */
#include "probe/stop.h"

#include "probe/ask.h"
#include "probe/lane.h"
#include "probe/outstanding.h"
#include "probe/queue.h"
#include "probe/share.h"
#include "probe/silence.h"
#include "probe/turns.h"

static void forget(struct core *c, struct trace *t, int64_t now) {
  struct probe *p;
  while (t->oldest != SLAB_NONE) {
    p = table_at(&c->tables[t->region], t->oldest);
    wheel_remove(&c->wheel, &p->timer);
    outstanding_remove(c, t, p);
    if (p->size)
      c->counters.given_up++;
    else
      t->probes--;                     /* it never left */
    outstanding_retire(c, p, PROBE_SILENT, now);
  }
  while (t->extra && (p = queue_take(c, t)))
    outstanding_retire(c, p, PROBE_SILENT, now);
}

void stop_trace(struct core *c, struct trace *t, unsigned reason,
                unsigned data, int64_t now) {
  if (t->state != TRACE_RUNNING) return;
  t->state = TRACE_ENDING;
  t->stop = (uint8_t)reason;
  t->stop_data = (uint8_t)data;
  t->at = now;
  unsigned high = t->high < t->limit ? t->high : t->limit;
  if (!(t->opts->flags & MTR_STRATEGY)) {
    for (unsigned ttl = t->settled + 1u; ttl <= high; ttl++)
      if (t->hops) silence_keep(c, t, ttl);
    if (t->settled < high) t->settled = (uint8_t)high;   /* all that answered */
  } else {                             /* advance.c reports the rest */
    if (high < t->settled && t->settled <= t->limit) high = t->settled;
    if (!t->last) t->last = (uint8_t)high;
    if (t->settled > t->last) t->settled = t->last;
  }
  turns_leave(c, t);
  ask_answered(c, t);
  if (t->extra) wheel_remove(&c->wheel, &t->extra->timer);
  forget(c, t, now);
  if (t->opts->protocol != MTR_ICMP) share_leave(c, t);
  turns_dirty(c, t);
}

void stop_release(struct core *c, struct trace *t) {
  turns_forget(c, t);
  cells_free(&c->cells, &t->cells);
  if (t->hops) hops_give(&c->hops, t);
  if (t->opts) opts_give(&c->opts, t->opts);
  lane_leave(c, t);
  if (t->extra) slab_give(&c->extras, t->extra->self);
  t->state = TRACE_FREE;
  state_give(&c->traces, trace_index(t), t->handle);
}
