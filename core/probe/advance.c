/* SPDX-License-Identifier: MIT */
#include "probe/advance.h"

#include "probe/data.h"
#include "probe/events.h"
#include "probe/silence.h"
#include "probe/stop.h"
#include "probe/sweep.h"

/* Returns the first answer of hop |ttl|, or NULL. */
static const struct cell *primary(const struct core *c, const struct trace *t,
                                  unsigned ttl) {
  uint32_t first = trace_hop(t, ttl)->first;
  return first ? cells_at(&c->cells, first - 1) : NULL;
}

static void report_hop(struct core *c, const struct trace *t, unsigned ttl,
                     const struct cell *cell) {
  const struct hop *h = trace_hop(t, ttl);
  struct mtr_event *ev = events_add(c, MTR_EV_HOP);
  if (cell) {
    cells_event(&c->cells, cell, ev, NULL);
    ev->ext_words = 0;
  }
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->ttl = (uint8_t)ttl;
  ev->stop = h->answers;
  ev->ip_id = 0;
  ev->error = h->marks & HOP_ERROR ? sweep_error(t, &c->cells, ttl) : 0;
}

static void report_done(struct core *c, struct trace *t) {
  struct mtr_event *ev = events_add(c, MTR_EV_DONE);
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->probe = t->probes;
  ev->ttl = t->settled;
  ev->stop = t->stop;
  ev->icmp_code = t->stop_data;
  ev->rtt = (float)((double)(t->at - t->start) / 1e6);
  t->state = TRACE_DONE;
  c->counters.traces_done++;
}

/* Counts the unanswered probes of hops that strategy |t|, which ends, has
 * probed after they had settled. */
static void recount(struct core *c, struct trace *t) {
  for (unsigned ttl = t->opts->first_ttl; ttl <= t->settled; ttl++) {
    struct hop *h = trace_hop(t, ttl);
    if (!(h->marks & HOP_AGAIN)) continue;
    h->marks &= (uint8_t)~HOP_AGAIN;
    silence_keep(c, t, ttl);
  }
}

/* Reports the settled hops of strategy |t|; when it ends, all its hops. Returns
 * 0 if the event array is full before that. */
static int follow(struct core *c, struct trace *t) {
  unsigned end = t->limit < t->left ? t->limit : t->left - 1u;
  int ending = t->state != TRACE_RUNNING;
  if (ending) {
    end = t->last;
    recount(c, t);
  } else if (!t->left) {
    return 1;
  }
  for (unsigned ttl = t->settled + 1u; ttl <= end; ttl++) {
    const struct hop *h = trace_hop(t, ttl);
    if (!ending && (h->out || !h->sent)) break;
    if (!events_room(c)) return 0;
    if (t->opts->want & MTR_WANT_HOP) report_hop(c, t, ttl, primary(c, t, ttl));
    silence_keep(c, t, ttl);
    t->settled = (uint8_t)ttl;
  }
  t->left = 0;
  return 1;
}

/* Judges |t| as far as possible. Returns 0 if the event array is full. */
static int advance(struct core *c, struct trace *t, int64_t now) {
  uint8_t addr[16];
  if (!data_credit(c, t, now)) return 0;
  if (t->opts->flags & MTR_STRATEGY && !follow(c, t)) return 0;
  while (trace_sweeps(t) && t->state == TRACE_RUNNING) {
    unsigned ttl = t->settled + 1u;
    if (ttl > t->opts->max_ttl || !sweep_settled(t, ttl)) break;
    if (!events_room(c)) return 0;
    const struct cell *cell = primary(c, t, ttl);
    if (t->opts->want & MTR_WANT_HOP) report_hop(c, t, ttl, cell);
    if (cell) cells_addr(&c->cells, cell, addr);
    silence_keep(c, t, ttl);
    int stop = sweep_judge(t, &c->cells, ttl, cell ? addr : NULL);
    if (stop) {
      t->limit = (uint8_t)ttl;
      stop_trace(c, t, (unsigned)stop, t->stop_data, now);
    }
  }
  if (t->state == TRACE_ENDING) {
    if (!events_room(c)) return 0;
    report_done(c, t);
  }
  return 1;
}

int advance_some(struct core *c, int64_t now, uint32_t most) {
  while (c->dirty_first != SLAB_NONE) {
    struct trace *t = state_at(c, c->dirty_first);
    if (most-- == 0) return 1;
    if (!advance(c, t, now)) return 0;
    c->dirty_first = t->dirty_next;
    if (c->dirty_first == SLAB_NONE) c->dirty_last = SLAB_NONE;
    t->in_dirty = 0;
  }
  return 0;
}

void advance_traces(struct core *c, int64_t now) {
  advance_some(c, now, UINT32_MAX);
}
