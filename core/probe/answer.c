/* SPDX-License-Identifier: MIT */
#include "probe/answer.h"

#include <errno.h>

#include "probe/ask.h"
#include "probe/identity.h"
#include "probe/queue.h"
#include "probe/stop.h"
#include "probe/sweep.h"
#include "probe/turns.h"

/* Marks the TTLs of |t| below |ttl| as done. */
static void leave(struct core *c, struct trace *t, unsigned ttl) {
  t->left = (uint16_t)ttl;
  if (ttl > t->settled + 1u) turns_dirty(c, t);
}

/* Notes the answer of |t| that it has no more probes now. */
static void rest(struct core *c, struct trace *t) {
  ask_answered(c, t);
  leave(c, t, UINT8_MAX + 1u);
  wheel_remove(&c->wheel, &t->extra->timer);
  t->passed = !t->news;
}

/* Counts a strategy's probe at its hop. Returns the number of the attempt. */
static unsigned count(struct core *c, struct trace *t, unsigned ttl) {
  struct hop *h = trace_hop(t, ttl);
  if (!h) return 1;
  if (h->sent < UINT8_MAX) h->sent++;
  else if (h->answers > 1) h->answers--;   /* the difference has to be right */
  h->out++;
  if (ttl <= t->settled) h->marks |= HOP_AGAIN;
  if (t->next_ttl <= ttl) t->next_ttl = (uint16_t)(ttl + 1);
  leave(c, t, ttl);
  return h->sent;
}

int answer_probe(struct core *c, struct trace *t, struct mtr_probe_opts *opts,
                 uint16_t sport, int64_t now) {
  struct table *table = &c->tables[t->region];
  int strategy = (t->opts->flags & MTR_STRATEGY) != 0;
  uint32_t most = t->opts->max_probes;
  if (strategy && t->asked != MTR_EV_NEXT) return -EBUSY;
  if (strategy && most && t->probes + t->extra->queued >= most) return -EDQUOT;
  if (identity_grow(c, table, now)) return -ENOMEM;
  struct probe *p = table_take(table, now);
  if (!p) return -EAGAIN;
  p->ttl = opts->ttl;
  p->flow = opts->flow;
  p->asked_size = opts->size;
  if (strategy) t->extra->asked_size = opts->size;
  p->sport = sport;
  p->dport = identity_dport(t, p->flow);
  p->attempt = (uint8_t)count(c, t, opts->ttl);
  queue_put(c, t, p);
  opts->probe = p->handle;
  if (!strategy) {
    turns_ready(c, t);
    return 0;
  }
  c->asked--;
  if (!--t->asked_probes) t->asked = 0;
  if (opts->last) rest(c, t);
  turns_urgent(c, t);
  return 0;
}

/* Returns why a strategy without more work ends, and sets t->stop_data. */
static unsigned outcome(const struct core *c, struct trace *t) {
  t->last = (uint8_t)(t->next_ttl - 1 < t->limit ? t->next_ttl - 1 : t->limit);
  t->stop_data = 0;
  if (trace_hop(t, t->limit)->marks & HOP_FINAL) return MTR_STOP_COMPLETED;
  for (unsigned ttl = t->opts->first_ttl; ttl <= t->last; ttl++) {
    const struct hop *h = trace_hop(t, ttl);
    if (!h->answers || h->marks & HOP_NOT_UNREACH) continue;
    t->last = (uint8_t)ttl;
    t->stop_data = sweep_code(t, &c->cells, ttl);
    return MTR_STOP_UNREACH;
  }
  if (!t->probes || t->failed < t->probes) return MTR_STOP_HOPLIMIT;
  t->stop_data = sweep_error(t, &c->cells, t->last);
  return MTR_STOP_ERROR;
}

int answer_pass(struct core *c, struct trace *t, int64_t wake, int64_t now) {
  if (t->asked != MTR_EV_NEXT) return -EBUSY;
  rest(c, t);
  if (t->news)
    turns_ready(c, t);
  else if (wake >= 0)
    wheel_add(&c->wheel, &t->extra->timer, now + wake);
  if (t->news || wake >= 0 || t->out || t->extra->queued) return 0;
  unsigned reason = outcome(c, t);
  stop_trace(c, t, reason, t->stop_data, now);
  return 0;
}

int answer_pace(struct core *c, struct trace *t, int64_t wait) {
  if (t->asked != MTR_EV_PACE) return -EBUSY;
  ask_answered(c, t);
  int64_t from = t->probes ? t->at - c->target_gap : t->start;
  if (from + wait > t->at) t->at = from + wait;
  t->paced = 1;
  turns_urgent(c, t);
  return 0;
}
