/* SPDX-License-Identifier: MIT */
#include "probe/expire.h"

#include "probe/data.h"
#include "probe/deliver.h"
#include "probe/events.h"
#include "probe/fail.h"
#include "probe/outstanding.h"
#include "probe/share.h"
#include "probe/sweep.h"
#include "probe/timers.h"
#include "probe/turns.h"

enum {
  RESERVED = 256,        /* events kept free for other kinds */
  LATER_NS = 1000000,    /* until a probe is looked at again, at least */
  LATER_SHARE = 16
};

/* Puts off the end of |p| and returns 1 if the helper program of the transport
 * is silent: then nobody knows if |p| has an answer. The longer the silence,
 * the later, so that many probes cost little. */
static int put_off(struct core *c, struct probe *p, int64_t now) {
  if (!c->unheard || p->timer.at <= c->unheard) return 0;
  int64_t more = (now - c->unheard) / LATER_SHARE;
  wheel_add(&c->wheel, &p->timer, now + (more > LATER_NS ? more : LATER_NS));
  return 1;
}

static void timed_out(struct core *c, uint32_t handle, int64_t now) {
  struct probe *p = state_probe(c, handle);
  struct trace *t = state_trace(c, p->trace);
  if (p->marks & PROBE_DOUBTED) {
    if (events_ext_room(c)) deliver_doubted(c, t, p, now);
    else wheel_add(&c->wheel, &p->timer, now);
    return;
  }
  if (put_off(c, p, now) || data_claim(c, t, p, now)) return;
  if (c->broken) {
    fail_probe(c, handle, (unsigned)c->broken, now);
    return;
  }
  outstanding_remove(c, t, p);
  const struct opts *o = t->opts;
  if (o->want & MTR_WANT_TIMEOUT) events_probe(c, MTR_EV_TIMEOUT, t, p);
  outstanding_retire(c, p, PROBE_SILENT, now);
  c->counters.timeouts++;
  struct hop *h = trace_hop(t, p->ttl);
  if (h) h->out--;
  if (trace_sweeps(t)) sweep_lost(t, p->ttl);
  share_recount(c, t);
  turns_ready(c, t);
  turns_dirty(c, t);
}

int expire_some(struct core *c, int64_t now, uint32_t most) {
  struct timer *timer;
  while (most-- > 0) {
    if (events_room(c) <= RESERVED) return 0;
    if (!(timer = wheel_expire(&c->wheel, now))) return 0;
    if (timer->kind == TIMER_PROBE)
      timed_out(c, timer->index, now);
    else if (timer->kind == TIMER_TRACE)
      turns_ready(c, state_at(c, timer->index));
    else
      timers_fired(c, timer->index);
  }
  return 1;
}

void expire_due(struct core *c, int64_t now) {
  expire_some(c, now, UINT32_MAX);
}
