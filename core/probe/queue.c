/* SPDX-License-Identifier: MIT */
#include "probe/queue.h"

void queue_put(struct core *c, struct trace *t, struct probe *p) {
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

struct probe *queue_take(struct core *c, struct trace *t) {
  if (t->own->queue == SLAB_NONE) return NULL;
  struct probe *p = table_at(&c->tables[t->region], t->own->queue);
  t->own->queue = p->next;
  t->own->queued--;
  if (t->own->queue == SLAB_NONE) t->own->queue_last = SLAB_NONE;
  return p;
}
