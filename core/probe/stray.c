/* SPDX-License-Identifier: MIT */
#include "probe/stray.h"

#include <string.h>

static void count(struct core *c, int kind, int64_t at, int64_t now) {
  struct stray *s = &c->strays[kind];
  if (at - s->since > STRAY_SPAN_MS * 1000000ll || at < s->since)
    *s = (struct stray){.since = at};
  if (++s->count >= STRAY_MANY) c->flooded[kind] = now;
}

void stray_count(struct core *c, const struct wire_reply *r, int64_t now) {
  int echo = r->quoted_protocol == WIRE_ICMP;
  uint16_t base = echo ? c->config.echo_base : c->config.port_base;
  uint32_t ours = echo ? c->regions : CORE_PORTS;
  int foreign = memcmp(r->quoted_src, r->to, sizeof r->to) != 0;
  int hidden = (r->flags & WIRE_TRUNCATED) != 0;
  if (!(r->flags & WIRE_QUOTE)) return;
  if (!hidden && (uint16_t)(r->sport - base) < ours) return;
  if (foreign) count(c, WIRE_FOREIGN, r->at, now);
  if (hidden || !foreign) count(c, WIRE_HIDDEN, r->at, now);
}
