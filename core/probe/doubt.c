/* SPDX-License-Identifier: MIT */
#include "probe/doubt.h"

#include <string.h>

enum { LEAST_NS = 1000000 };           /* even if it came at once */

/* Returns 1 if |d| is free: the trace of its probe may have ended. */
static int is_free(const struct core *c, const struct doubt *d) {
  const struct probe *p = d->probe ? state_probe(c, d->probe) : NULL;
  return !p || p->state != PROBE_SENT || !(p->marks & PROBE_DOUBTED);
}

int doubt_begin(struct core *c, const struct trace *t, struct probe *p,
                const struct wire_reply *r, int tier, int64_t now) {
  int64_t wait = r->at - p->sent, due = p->sent + t->opts->timeout;
  if (p->marks & PROBE_DOUBTED || t->opts->flags & MTR_MANUAL) return 0;
  if (wait < LEAST_NS) wait = LEAST_NS;
  if (due > now + wait) due = now + wait;
  for (int i = 0; i < DOUBTS; i++) {
    struct doubt *d = &c->doubts[i];
    if (!is_free(c, d)) continue;
    d->probe = p->handle;
    d->tier = tier;
    d->reply = *r;
    d->reply.ext = d->ext;
    if (r->ext_size > sizeof d->ext) d->reply.ext_size = 0;
    else if (r->ext_size) memcpy(d->ext, r->ext, r->ext_size);
    p->marks |= PROBE_DOUBTED;
    wheel_remove(&c->wheel, &p->timer);
    wheel_add(&c->wheel, &p->timer, due);
    return 1;
  }
  return 0;
}

const struct wire_reply *doubt_end(struct core *c, struct probe *p, int *tier) {
  if (!(p->marks & PROBE_DOUBTED) || p->state != PROBE_SENT) return NULL;
  p->marks &= (uint8_t)~PROBE_DOUBTED;
  for (int i = 0; i < DOUBTS; i++) {
    if (c->doubts[i].probe != p->handle) continue;
    c->doubts[i].probe = 0;
    *tier = c->doubts[i].tier;
    return &c->doubts[i].reply;
  }
  return NULL;
}
