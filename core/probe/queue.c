/* SPDX-License-Identifier: MIT */
#include "probe/queue.h"

void queue_put(struct core *c, struct trace *t, struct probe *p) {
  uint32_t place = table_place(p);
  p->state = PROBE_QUEUED;
  p->next = SLAB_NONE;
  if (t->extra->queue_last == SLAB_NONE)
    t->extra->queue = place;
  else
    table_at(&c->tables[t->region], t->extra->queue_last)->next = place;
  t->extra->queue_last = place;
  t->extra->queued++;
}

struct probe *queue_take(struct core *c, struct trace *t) {
  if (t->extra->queue == SLAB_NONE) return NULL;
  struct probe *p = table_at(&c->tables[t->region], t->extra->queue);
  t->extra->queue = p->next;
  t->extra->queued--;
  if (t->extra->queue == SLAB_NONE) t->extra->queue_last = SLAB_NONE;
  return p;
}
