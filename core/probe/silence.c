/* SPDX-License-Identifier: MIT */
#include "probe/silence.h"

/* Returns how many sends to hop |ttl| failed. */
static unsigned failures(const struct core *c, const struct trace *t,
                         unsigned ttl) {
  uint32_t at = SLAB_NONE;
  const struct cell *cell;
  unsigned n = 0;
  while ((cell = cells_next(&c->cells, &t->cells, &at))) {
    struct shape shape = cells_shape(&c->cells, cell);
    n += shape.ttl == ttl && !shape.family;
  }
  return n;
}

void silence_keep(struct core *c, struct trace *t, unsigned ttl) {
  const struct hop *h = trace_hop(t, ttl);
  unsigned ended = (unsigned)h->out + h->answers;
  if (!(t->opts->want & MTR_WANT_RESULT)) return;
  if (h->marks & HOP_ERROR) ended += failures(c, t, ttl);
  if (h->sent <= ended || cells_reserve(&c->cells, 1)) return;
  struct mtr_event ev = {.ttl = (uint8_t)ttl, .rtt = (float)(h->sent - ended)};
  cells_add(&c->cells, &t->cells, &ev, NULL);
}
