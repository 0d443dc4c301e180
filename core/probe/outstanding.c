/* SPDX-License-Identifier: MIT */
#include "probe/outstanding.h"

void outstanding_add(struct core *c, struct trace *t, struct probe *p) {
  uint32_t place = table_place(p);
  p->older = t->newest;
  p->newer = SLAB_NONE;
  if (t->newest == SLAB_NONE)
    t->oldest = place;
  else
    table_at(&c->tables[t->region], t->newest)->newer = place;
  t->newest = place;
  t->out++;
  if (p->size) c->counters.probes++;
}

void outstanding_remove(struct core *c, struct trace *t, struct probe *p) {
  const struct table *table = &c->tables[t->region];
  if (p->older == SLAB_NONE)
    t->oldest = p->newer;
  else
    table_at(table, p->older)->newer = p->newer;
  if (p->newer == SLAB_NONE)
    t->newest = p->older;
  else
    table_at(table, p->newer)->older = p->older;
  t->out--;
  if (p->size) c->counters.probes--;
}

void outstanding_retire(struct core *c, struct probe *p, enum probe_state state,
                        int64_t now) {
  uint32_t region = p->handle >> TABLE_SHIFT & (CORE_REGIONS - 1);
  table_retire(&c->tables[region], p, state, now + c->config.late_window);
}
