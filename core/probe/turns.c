/* SPDX-License-Identifier: MIT */
#include "probe/turns.h"

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
    state_at(c, list->last)->ready_next = trace_index(t);
  list->last = trace_index(t);
  list->count++;
  /* Only a hint, for prefetching: either may have left the list by then. */
  t->ready_ahead = SLAB_NONE;
  uint32_t *recent = &list->recent[list->appended++ % TURNS_AHEAD];
  if (list->appended > TURNS_AHEAD)
    state_at(c, *recent)->ready_ahead = trace_index(t);
  *recent = trace_index(t);
}

void turns_ready(struct core *c, struct trace *t) {
  c->nobody = 0;
  if (t->asked) t->news = 1;           /* ask again, should it pass */
  t->passed = 0;
  /* The caller has picked a manual trace by sending on it. */
  int picked = c->config.pick && t->opts->flags & MTR_MANUAL;
  if (!t->in_ready && t->state == TRACE_RUNNING)
    append(c, t, picked ? TURN_URGENT : TURN_READY);
}

void turns_urgent(struct core *c, struct trace *t) {
  if (t->in_ready == TURN_URGENT || t->state != TRACE_RUNNING) return;
  turns_leave(c, t);
  append(c, t, TURN_URGENT);
}

void turns_leave(struct core *c, struct trace *t) {
  if (!t->in_ready) return;
  struct trace_list *list = list_of(c, t);
  t->in_ready = TURN_NONE;
  list->count--;
  if (t->ready_prev == SLAB_NONE)
    list->first = t->ready_next;
  else
    state_at(c, t->ready_prev)->ready_next = t->ready_next;
  if (t->ready_next == SLAB_NONE)
    list->last = t->ready_prev;
  else
    state_at(c, t->ready_next)->ready_prev = t->ready_prev;
}

void turns_dirty(struct core *c, struct trace *t) {
  if (t->in_dirty) return;
  t->in_dirty = 1;
  t->dirty_next = SLAB_NONE;
  if (c->dirty_last == SLAB_NONE)
    c->dirty_first = trace_index(t);
  else
    state_at(c, c->dirty_last)->dirty_next = trace_index(t);
  c->dirty_last = trace_index(t);
}

void turns_forget(struct core *c, struct trace *t) {
  uint32_t self = trace_index(t), *at = &c->dirty_first, before = SLAB_NONE;
  if (!t->in_dirty) return;
  while (*at != self) {
    before = *at;
    at = &state_at(c, before)->dirty_next;
  }
  *at = t->dirty_next;
  if (c->dirty_last == self) c->dirty_last = before;
  t->in_dirty = 0;
}

struct trace *turns_next(const struct core *c) {
  uint32_t i = c->urgent.first;
  if (i == SLAB_NONE && !c->config.pick) i = c->ready.first;
  return i == SLAB_NONE ? NULL : state_at(c, i);
}
