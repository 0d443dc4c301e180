/* SPDX-License-Identifier: MIT */
#include "probe/events.h"

#include <string.h>

void events_clear(struct core *c) {
  uint32_t seen = c->events_seen, left = c->event_count - seen;
  if (left) memmove(c->events, c->events + seen, left * sizeof *c->events);
  c->counters.events += seen;
  c->event_count = left;
  c->events_seen = 0;
  if (!left) c->ext_count = 0;
}

struct mtr_event *events_add(struct core *c, unsigned kind) {
  struct mtr_event *ev = &c->events[c->event_count++];
  c->nobody = 0;
  memset(ev, 0, sizeof *ev);
  ev->kind = (uint8_t)kind;
  return ev;
}

void events_text(struct core *c, struct mtr_event *ev, const void *text,
                 uint32_t size) {
  uint32_t words = (size + 3) / 4;
  uint8_t *to = c->ext + c->ext_count;
  ev->ext = (uint16_t)(c->ext_count / 4);
  ev->ext_high = (uint8_t)(c->ext_count / 4 >> 16);
  ev->ext_words = (uint8_t)words;
  memset(to, 0, words * 4u);
  if (size) memcpy(to, text, size);
  c->ext_count += words * 4u;
}

struct mtr_event *events_probe(struct core *c, unsigned kind,
                               const struct trace *t,
                               const struct probe *p) {
  struct mtr_event *ev = events_add(c, kind);
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->probe = p->handle;
  ev->ttl = p->ttl;
  ev->attempt = p->attempt;
  ev->flow = p->flow;
  ev->at = (float)((double)(p->sent - t->start) / 1e6);
  return ev;
}
