/* SPDX-License-Identifier: MIT */
#include "probe/ask.h"

#include "probe/events.h"
#include "probe/pace.h"

enum {
  EVENTS_PART = 2,       /* half of the events are not for questions */
  PROBES_ASKED = 2       /* most replies lead to one probe, then a pass */
};

uint32_t ask_allowed(const struct core *c, uint32_t n, int64_t now) {
  if (events_room(c) < n + c->config.max_events / EVENTS_PART) return 0;
  if (now < pace_wake(&c->pace)) return 0;   /* ask for several at once */
  uint32_t allowed = pace_allow(&c->pace, ASK_MOST, now);
  return allowed > n + c->asked ? allowed - n - c->asked : 0;
}

uint32_t ask_count(const struct core *c, const struct trace *t) {
  const struct opts *o = t->opts;
  uint32_t n = (uint32_t)o->window - t->out;
  if (n > PROBES_ASKED) n = PROBES_ASKED;
  if (c->target_gap || t->laned || o->flags & MTR_PACED || c->config.pick)
    return 1;
  if (!o->max_probes || t->probes + n <= o->max_probes) return n;
  return t->probes < o->max_probes ? o->max_probes - t->probes : 1;
}

struct mtr_event *ask_trace(struct core *c, unsigned kind, struct trace *t,
                            uint32_t n, int64_t now) {
  struct mtr_event *ev = events_add(c, kind);
  c->asked += n;
  if (!t) {
    c->picking = 1;
    return ev;
  }
  t->asked = (uint8_t)kind;
  t->asked_probes = ev->ttl = (uint8_t)n;
  t->news = 0;
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->at = (float)((double)(now - t->start) / 1e6);
  return ev;
}

void ask_answered(struct core *c, struct trace *t) {
  if (!t->asked) return;
  t->asked = 0;
  c->asked -= t->asked_probes;
  t->asked_probes = 0;
}
