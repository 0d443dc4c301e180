/* SPDX-License-Identifier: MIT */
#include "api/ahead.h"

enum { FAR = 64 };       /* events that are searched */

/* Finds the first DONE event from |i| on, of trace |handle| (0: of any).
 * Returns c->events_seen if none is near. */
static uint32_t find_end(const struct core *c, uint32_t i, uint32_t handle) {
  uint32_t far = i + FAR < c->events_seen ? i + FAR : c->events_seen;
  for (; i < far; i++) {
    const struct mtr_event *e = &c->events[i];
    if (e->kind == MTR_EV_DONE && (!handle || e->trace == handle)) return i;
  }
  return c->events_seen;
}

/* Begins the chain of the next trace. Returns its first cell. */
static uint32_t begin_chain(struct ahead *a, const struct core *c) {
  if (a->last < a->current) a->last = a->current;
  uint32_t end = find_end(c, a->last + 1, 0);
  if (end == c->events_seen) return SLAB_NONE;
  a->last = end;
  const struct trace *t = state_trace(c, c->events[end].trace);
  return t ? t->cells.first : SLAB_NONE;
}

/* Leaves a chain when its trace is written now or was written before: its cells
 * may be gone. The prefetches are not in a function by themselves, because gcc
 * drops calls of a function that only prefetches. A cell may lie in two lines
 * of the cache. */
void ahead_next(struct ahead *a, const struct core *c) {
  uint32_t k = a->turn++ % AHEAD, *cell = &a->chain[k].cell;
  if (*cell != SLAB_NONE && a->chain[k].end > a->current) {
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
  if (a->step != c->counters.steps) *a = (struct ahead){.current = 0};
  a->step = c->counters.steps;
  uint32_t end = find_end(c, a->current, handle);
  if (end == c->events_seen) end = find_end(c, 0, handle);
  a->current = end;
  ahead_next(a, c);
}
