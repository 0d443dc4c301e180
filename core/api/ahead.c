/* SPDX-License-Identifier: MIT */
#include "api/ahead.h"

enum { FAR = 64 };       /* events that are looked at */

/* The place of the first DONE event from |i| on, of |handle| unless that is 0;
 * |c|->told: there is none near. */
static uint32_t find_end(const struct core *c, uint32_t i, uint32_t handle) {
  uint32_t far = i + FAR < c->told ? i + FAR : c->told;
  for (; i < far; i++) {
    const struct mtr_event *e = &c->events[i];
    if (e->kind == MTR_EV_DONE && (!handle || e->trace == handle)) return i;
  }
  return c->told;
}

/* The first cell of the next trace that no chain is of yet. */
static uint32_t begin_chain(struct ahead *a, const struct core *c) {
  if (a->last < a->own) a->last = a->own;
  uint32_t end = find_end(c, a->last + 1, 0);
  if (end == c->told) return SLAB_NONE;
  a->last = end;
  const struct trace *t = state_trace(c, c->events[end].trace);
  return t ? t->cells.first : SLAB_NONE;
}

/* A chain whose trace is written now or was, and may be gone, is given up. The
 * prefetches stand here because gcc takes a function that does nothing else for
 * one without effect. A cell may lie in two lines of the processor's cache. */
void ahead_next(struct ahead *a, const struct core *c) {
  uint32_t k = a->turn++ % AHEAD, *cell = &a->chain[k].cell;
  if (*cell != SLAB_NONE && a->chain[k].end > a->own) {
    *cell = ((const struct cell *)slab_at(&c->cells.slab, *cell))->next;
  } else {
    *cell = begin_chain(a, c);
    a->chain[k].end = a->last;
  }
  if (*cell == SLAB_NONE) return;
  const uint8_t *bytes = slab_at(&c->cells.slab, *cell);
  __builtin_prefetch(bytes);
  __builtin_prefetch(bytes + sizeof(struct cell) - 1);
}

void ahead_begin(struct ahead *a, const struct core *c, uint32_t handle) {
  if (a->step != c->counters.steps) *a = (struct ahead){.own = 0};
  a->step = c->counters.steps;
  uint32_t own = find_end(c, a->own, handle);
  if (own == c->told) own = find_end(c, 0, handle);
  a->own = own;
  ahead_next(a, c);
}
