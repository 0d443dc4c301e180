/* SPDX-License-Identifier: MIT
 *
 * Judging: traces that something happened to are looked at once, their settled
 * hops told in TTL order, and ended when a hop says so. Stops when the event
 * array is full; the rest waits for the next batch.
 */
#include <string.h>

#include "probe/core.h"
#include "probe/sweep.h"

static int is_primary(const struct cell *cell, unsigned ttl) {
  return cell->ttl == ttl && cell->flags & MTR_REPLY_PRIMARY;
}

/* The first answer of hop |ttl|, or NULL. It mostly came right behind that of
 * the hop before. */
static const struct cell *primary(const struct core *c, struct trace *t,
                                  unsigned ttl) {
  uint32_t at = t->told, start = at;
  const struct cell *cell;
  if (!t->hops[ttl - 1].answers) return NULL;
  while ((cell = cells_next(&c->cells, &t->cells, &at)))
    if (is_primary(cell, ttl)) break;
  if (!cell && start != SLAB_NONE)
    while ((cell = cells_next(&c->cells, &t->cells, &at)) && at != start)
      if (is_primary(cell, ttl)) break;
  if (!cell || !is_primary(cell, ttl)) return NULL;
  t->told = at;
  return cell;
}

static void tell_hop(struct core *c, const struct trace *t, unsigned ttl,
                     const struct cell *cell) {
  const struct hop *h = &t->hops[ttl - 1];
  struct mtr_event *ev = core_event(c, MTR_EV_HOP);
  if (cell) {
    cells_event(&c->cells, cell, ev, NULL);
    ev->ext_words = 0;
    ev->family = t->family;
  }
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->ttl = (uint8_t)ttl;
  ev->stop = h->answers;
  ev->error = h->error;
}

static void tell_done(struct core *c, struct trace *t) {
  struct mtr_event *ev = core_event(c, MTR_EV_DONE);
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->probe = t->probes;
  ev->ttl = t->settled;
  ev->stop = t->stop;
  ev->icmp_code = t->stop_data;
  ev->rtt = (float)((double)(t->ended - t->start) / 1e6);
  t->state = TRACE_DONE;
  c->counters.traces_done++;
}

/* Moves |t| as far as it goes; 0 when the event array is full before that. */
static int advance(struct core *c, struct trace *t, int64_t now) {
  int sweep = !(t->flags & MTR_MANUAL);
  if (!core_credit(c, t, now)) return 0;
  while (sweep && t->state == TRACE_RUNNING) {
    unsigned ttl = t->settled + 1u;
    if (ttl > t->max_ttl || !sweep_settled(t, ttl)) break;
    if (!core_room(c)) return 0;
    const struct cell *cell = primary(c, t, ttl);
    if (t->want & MTR_WANT_HOP) tell_hop(c, t, ttl, cell);
    int stop = sweep_judge(t, &c->cells, ttl, cell ? cell->addr : NULL);
    if (stop) {
      t->limit = (uint8_t)ttl;
      core_stop(c, t, (unsigned)stop, t->stop_data, now);
    }
  }
  if (t->state == TRACE_ENDING) {
    if (!core_room(c)) return 0;
    tell_done(c, t);
  }
  return 1;
}

void core_advance(struct core *c, int64_t now) {
  while (c->dirty_first != SLAB_NONE) {
    struct trace *t = core_at(c, c->dirty_first);
    if (!advance(c, t, now)) return;
    c->dirty_first = t->dirty_next;
    if (c->dirty_first == SLAB_NONE) c->dirty_last = SLAB_NONE;
    t->in_dirty = 0;
  }
}
