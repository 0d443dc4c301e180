/* SPDX-License-Identifier: MIT
 *
 * Probes that are chosen outside: queued by the caller (manual traces), or
 * asked for one by one (strategies). Who is asked has a place in the window,
 * the pace and the probe table waiting for the answer, so that no answer comes
 * too early to be sent, and no strategy can get ahead of what is allowed.
 *
 * A hop of a strategy has settled when no probe is outstanding at it and the
 * strategy, asked, turned to a higher TTL or to none.
 */
#include <errno.h>

#include "probe/core.h"
#include "probe/sweep.h"

enum {
  EVENTS_KEPT = 2,       /* half of the events are not for questions */
  PLACES = 2             /* a reply mostly brings one probe: that and a pass */
};

unsigned core_must_ask(const struct trace *t) {
  uint32_t flags = t->opts->flags;
  if (flags & MTR_PACED && !t->paced) return MTR_EV_PACE;
  return flags & MTR_STRATEGY && t->own->queue == SLAB_NONE ? MTR_EV_NEXT : 0;
}

uint32_t core_may_ask(const struct core *c, uint32_t n, int64_t now) {
  if (core_room(c) < n + c->config.max_events / EVENTS_KEPT) return 0;
  if (now < pace_wake(&c->pace)) return 0;   /* not for one at a time */
  uint32_t allowed = pace_allow(&c->pace, CORE_ASKED, now);
  return allowed > n + c->asked ? allowed - n - c->asked : 0;
}

uint32_t core_places(const struct core *c, const struct trace *t) {
  const struct opts *o = t->opts;
  uint32_t n = (uint32_t)o->window - t->out;
  if (n > PLACES) n = PLACES;
  if (c->target_gap || o->flags & MTR_PACED || c->config.pick) return 1;
  if (!o->max_probes || t->probes + n <= o->max_probes) return n;
  return t->probes < o->max_probes ? o->max_probes - t->probes : 1;
}

struct mtr_event *core_ask(struct core *c, unsigned kind, struct trace *t,
                           uint32_t n, int64_t now) {
  struct mtr_event *ev = core_event(c, kind);
  c->asked += n;
  if (!t) {
    c->picking = 1;
    return ev;
  }
  t->asked = (uint8_t)kind;
  t->places = ev->ttl = (uint8_t)n;
  t->news = 0;
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->at = (float)((double)(now - t->start) / 1e6);
  return ev;
}

void core_answered(struct core *c, struct trace *t) {
  if (!t->asked) return;
  t->asked = 0;
  c->asked -= t->places;
  t->places = 0;
}

/* |t| has left the TTLs below |ttl| behind. */
static void leave(struct core *c, struct trace *t, unsigned ttl) {
  t->left = (uint16_t)ttl;
  if (ttl > t->settled + 1u) core_dirty(c, t);
}

/* |t| has answered that it has no more now. */
static void rest(struct core *c, struct trace *t) {
  core_answered(c, t);
  leave(c, t, UINT8_MAX + 1u);
  wheel_remove(&c->wheel, &t->own->timer);
  t->passed = !t->news;
}

void core_enqueue(struct core *c, struct trace *t, struct probe *p) {
  uint32_t place = table_place(p);
  p->state = PROBE_QUEUED;
  p->next = SLAB_NONE;
  if (t->own->queue_last == SLAB_NONE)
    t->own->queue = place;
  else
    table_at(&c->tables[t->region], t->own->queue_last)->next = place;
  t->own->queue_last = place;
  t->own->queued++;
}

struct probe *core_dequeue(struct core *c, struct trace *t) {
  if (t->own->queue == SLAB_NONE) return NULL;
  struct probe *p = table_at(&c->tables[t->region], t->own->queue);
  t->own->queue = p->next;
  t->own->queued--;
  if (t->own->queue == SLAB_NONE) t->own->queue_last = SLAB_NONE;
  return p;
}

/* What a strategy's probe changes at its hop; the number of the attempt. */
static unsigned count(struct core *c, struct trace *t, unsigned ttl) {
  struct hop *h = trace_hop(t, ttl);
  if (!h) return 1;
  if (h->sent < UINT8_MAX) h->sent++;
  h->out++;
  if (t->next_ttl <= ttl) t->next_ttl = (uint16_t)(ttl + 1);
  leave(c, t, ttl);
  return h->sent;
}

int core_probe(struct core *c, struct trace *t, struct mtr_probe_opts *opts,
               uint16_t sport, int64_t now) {
  struct table *table = &c->tables[t->region];
  int strategy = (t->opts->flags & MTR_STRATEGY) != 0;
  uint32_t most = t->opts->max_probes;
  if (strategy && t->asked != MTR_EV_NEXT) return -EBUSY;
  if (strategy && most && t->probes + t->own->queued >= most) return -EDQUOT;
  if (table_grow(table, now)) return -ENOMEM;
  struct probe *p = table_take(table, now);
  if (!p) return -EAGAIN;
  p->ttl = opts->ttl;
  p->flow = opts->flow;
  p->asked_size = opts->size;
  if (strategy) t->own->asked_size = opts->size;
  p->sport = sport;
  p->dport = t->opts->dport;
  p->attempt = (uint8_t)count(c, t, opts->ttl);
  core_enqueue(c, t, p);
  opts->probe = p->handle;
  if (!strategy) {
    core_ready(c, t);
    return 0;
  }
  c->asked--;
  if (!--t->places) t->asked = 0;
  if (opts->last) rest(c, t);
  core_urgent(c, t);
  return 0;
}

/* Why a strategy ends that has nothing more to do, its data in t->stop_data. */
static unsigned outcome(const struct core *c, struct trace *t) {
  t->last = (uint8_t)(t->next_ttl - 1 < t->limit ? t->next_ttl - 1 : t->limit);
  t->stop_data = 0;
  if (trace_hop(t, t->limit)->marks & HOP_FINAL) return MTR_STOP_COMPLETED;
  for (unsigned ttl = t->opts->first_ttl; ttl <= t->last; ttl++) {
    const struct hop *h = trace_hop(t, ttl);
    if (!h->answers || h->marks & HOP_OTHER) continue;
    t->last = (uint8_t)ttl;
    t->stop_data = sweep_code(t, &c->cells, ttl);
    return MTR_STOP_UNREACH;
  }
  if (!t->probes || t->failed < t->probes) return MTR_STOP_HOPLIMIT;
  t->stop_data = sweep_error(t, &c->cells, t->last);
  return MTR_STOP_ERROR;
}

int core_pass(struct core *c, struct trace *t, int64_t wake, int64_t now) {
  if (t->asked != MTR_EV_NEXT) return -EBUSY;
  rest(c, t);
  if (t->news)
    core_ready(c, t);
  else if (wake >= 0)
    wheel_add(&c->wheel, &t->own->timer, now + wake);
  if (t->news || wake >= 0 || t->out || t->own->queued) return 0;
  unsigned reason = outcome(c, t);
  core_stop(c, t, reason, t->stop_data, now);
  return 0;
}

int core_pace(struct core *c, struct trace *t, int64_t wait) {
  if (t->asked != MTR_EV_PACE) return -EBUSY;
  core_answered(c, t);
  int64_t from = t->probes ? t->at - c->target_gap : t->start;
  if (from + wait > t->at) t->at = from + wait;
  t->paced = 1;
  core_urgent(c, t);
  return 0;
}
