/* SPDX-License-Identifier: MIT
 *
 * Whose turn it is: traces that may have a probe to send wait in one list,
 * those that somebody has just chosen (a strategy's answer, a pick) in another
 * that goes first, and those that something happened to in a third.
 */
#include <errno.h>

#include "probe/core.h"
#include "probe/sweep.h"

static struct trace_list *list_of(struct core *c, const struct trace *t) {
  return t->in_ready == TURN_URGENT ? &c->urgent : &c->ready;
}

static void append(struct core *c, struct trace *t, enum trace_turn turn) {
  t->in_ready = (uint8_t)turn;
  struct trace_list *list = list_of(c, t);
  t->ready_next = SLAB_NONE;
  t->ready_prev = list->last;
  if (list->last == SLAB_NONE)
    list->first = trace_index(t);
  else
    core_at(c, list->last)->ready_next = trace_index(t);
  list->last = trace_index(t);
  /* A hint, to fetch it early: either may have left the list by then. */
  t->ready_ahead = SLAB_NONE;
  uint32_t *recent = &list->recent[list->appended++ % TURNS_AHEAD];
  if (list->appended > TURNS_AHEAD)
    core_at(c, *recent)->ready_ahead = trace_index(t);
  *recent = trace_index(t);
}

void core_ready(struct core *c, struct trace *t) {
  c->nobody = 0;
  if (t->asked) t->news = 1;           /* asked again, if it passes */
  t->passed = 0;
  /* A manual trace was picked by its caller. */
  int picked = c->config.pick && t->opts->flags & MTR_MANUAL;
  if (!t->in_ready && t->state == TRACE_RUNNING)
    append(c, t, picked ? TURN_URGENT : TURN_READY);
}

void core_urgent(struct core *c, struct trace *t) {
  if (t->in_ready == TURN_URGENT || t->state != TRACE_RUNNING) return;
  core_unready(c, t);
  append(c, t, TURN_URGENT);
}

void core_unready(struct core *c, struct trace *t) {
  if (!t->in_ready) return;
  struct trace_list *list = list_of(c, t);
  t->in_ready = TURN_NONE;
  if (t->ready_prev == SLAB_NONE)
    list->first = t->ready_next;
  else
    core_at(c, t->ready_prev)->ready_next = t->ready_next;
  if (t->ready_next == SLAB_NONE)
    list->last = t->ready_prev;
  else
    core_at(c, t->ready_next)->ready_prev = t->ready_prev;
}

void core_dirty(struct core *c, struct trace *t) {
  if (t->in_dirty) return;
  t->in_dirty = 1;
  t->dirty_next = SLAB_NONE;
  if (c->dirty_last == SLAB_NONE)
    c->dirty_first = trace_index(t);
  else
    core_at(c, c->dirty_last)->dirty_next = trace_index(t);
  c->dirty_last = trace_index(t);
}

struct trace *core_next(const struct core *c) {
  uint32_t i = c->urgent.first;
  if (i == SLAB_NONE && !c->config.pick) i = c->ready.first;
  return i == SLAB_NONE ? NULL : core_at(c, i);
}

int core_wants(struct trace *t) {
  if (trace_sweeps(t)) return !t->asked && sweep_next(t) != 0;
  const struct opts *o = t->opts;
  if (t->own->queue != SLAB_NONE) return 1;
  if (t->asked || t->passed) return 0;
  if (o->flags & MTR_MANUAL || t->waits || t->out >= o->window) return 0;
  /* What has used up its probes may still be ended by the last of them. */
  return !o->max_probes || t->probes < o->max_probes || !t->out;
}

int core_soon(struct core *c, struct trace *t, int64_t now) {
  if (now >= t->at) return 0;          /* always, if it has no timer */
  wheel_remove(&c->wheel, &t->own->timer);
  wheel_add(&c->wheel, &t->own->timer, t->at);
  return 1;
}

int64_t core_deadline(const struct core *c, int sending, int64_t now) {
  int64_t at = wheel_next(&c->wheel);
  if (c->dirty_first != SLAB_NONE) return now;
  if (!core_any_ready(c) || !sending) return at;
  if (c->nobody && c->urgent.first == SLAB_NONE) return at;
  int64_t send = pace_wake(&c->pace);
  if (c->urgent.first == SLAB_NONE && c->asked) {
    /* Those who were asked send before others are asked. */
    if (c->picking || c->asked >= CORE_ASKED) return at;
    send += (int64_t)(c->asked * c->pace.gap_ns);
  }
  if (send < c->starved) send = c->starved;
  return send < at ? send : at;
}

/* Picking. */

uint32_t core_list(struct core *c, uint32_t *cookies, uint32_t n, int64_t now) {
  uint32_t k = 0, next;
  if (c->picking) c->asked--;
  c->picking = 0;
  for (uint32_t i = c->ready.first; i != SLAB_NONE; i = next) {
    struct trace *t = core_at(c, i);
    next = t->ready_next;
    if (!core_wants(t) || (core_must_ask(t) != MTR_EV_PACE &&
                           core_soon(c, t, now)))
      core_unready(c, t);
    else if (k++ < n)
      cookies[k - 1] = t->cookie;
  }
  return k;
}

int core_pick(struct core *c, struct trace *t) {
  c->nobody = !t;
  if (!t) return 0;
  if (t->in_ready != TURN_READY) return -EBUSY;
  core_urgent(c, t);
  return 0;
}
