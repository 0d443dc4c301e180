/* SPDX-License-Identifier: MIT */
#include "probe/start.h"

#include <errno.h>
#include <string.h>

#include "probe/identity.h"
#include "probe/lane.h"
#include "probe/share.h"
#include "probe/stop.h"
#include "probe/turns.h"

enum { CELLS_PER_TRACE = 8 };  /* reserved when a trace starts */

static int in_lane(const struct mtr_trace *o) {
  for (unsigned i = 0; i < MTR_LANES; i++)
    if (o->lanes[i]) return 1;
  return 0;
}

/* Returns 1 if a trace needs a struct extra: it waits for a time or a lane,
 * its probes are chosen outside, or it may share ports with other traces. */
static int needs_extra(const struct core *c, const struct mtr_trace *o) {
  uint32_t flags = MTR_MANUAL | MTR_STRATEGY | MTR_PACED;
  return c->target_gap || o->flags & flags || o->protocol != MTR_ICMP ||
         in_lane(o);
}

static int reserve(struct core *c, int extra) {
  if (c->traces.used >= c->config.max_traces) return -EAGAIN;
  if (slab_reserve(&c->traces, 1) || (extra && slab_reserve(&c->extras, 1)) ||
      cells_reserve(&c->cells, CELLS_PER_TRACE))
    return -ENOMEM;
  return 0;
}

struct opts start_opts(const struct mtr_trace *o,
                       const struct start_route *route, const uint8_t *payload,
                       uint16_t payload_size) {
  struct opts like;
  memset(&like, 0, sizeof like);
  like.want = o->want;
  like.timeout = (int64_t)(o->timeout * 1e6);
  like.payload = payload;
  memcpy(like.src, route->src, sizeof like.src);
  like.mark = o->mark;
  like.interface = o->interface;
  like.flow_label = route->flow_label;
  like.flags = o->flags;
  like.max_probes = o->max_probes;
  like.label = o->label;
  like.flow = o->flow;
  like.dport = o->protocol == MTR_ICMP ? 0 : o->port;
  like.payload_size = payload_size;
  like.by_source = route->by_source;
  like.family = o->family;
  like.protocol = o->protocol;
  like.multipath = o->multipath;
  like.tos = o->tos;
  like.fill = o->fill;
  like.first_ttl = o->first_ttl;
  like.max_ttl = o->max_ttl;
  like.window = o->window;
  like.queries = o->queries;
  like.attempts = o->attempts;
  like.gap_limit = o->gap_limit;
  like.loop_limit = o->loop_limit;
  return like;
}

/* Returns how many hops the first ring of a trace needs. */
static unsigned hops_needed(const struct opts *o) {
  unsigned all = o->max_ttl - o->first_ttl + 1u;
  if (o->flags & MTR_MANUAL) return 0;
  if (o->flags & MTR_STRATEGY) return o->max_ttl;
  return all < o->window ? all : o->window;
}

static void open_extra(struct core *c, struct trace *t, uint32_t index,
                     int64_t now) {
  uint32_t self = slab_take(&c->extras);
  t->extra = slab_at(&c->extras, self);
  memset(t->extra, 0, sizeof *t->extra);
  t->extra->self = self;
  t->extra->routed = now;
  t->extra->timer.kind = TIMER_TRACE;
  t->extra->timer.index = index;
  t->extra->queue = t->extra->queue_last = t->extra->same_hash = SLAB_NONE;
  t->extra->data = cells_empty();
}

void start_fields(const struct core *c, struct trace *t,
                  const struct mtr_trace *o,
                  const struct start_route *route) {
  t->cookie = o->cookie;
  t->size = o->size;
  memcpy(t->dst, o->dst, sizeof t->dst);
  t->region = (uint8_t)route->region;
  t->label = (uint16_t)(route->label_base >> 4);
  t->base = route->label_base & 15;
  if (o->protocol == MTR_ICMP) t->base = identity_base(c, table_fold(o->dst));
  t->sport = o->protocol == MTR_ICMP
                 ? (uint16_t)(c->config.echo_base + t->region) : route->sport;
}

int start_trace(struct core *c, struct mtr_trace *opts,
                const struct start_route *route, const uint8_t *payload,
                uint16_t payload_size, int64_t now) {
  int extra = needs_extra(c, opts), err = reserve(c, extra);
  if (err) return err;
  if (!lane_known(c, opts->lanes)) return -EINVAL;
  struct opts like = start_opts(opts, route, payload, payload_size);
  uint32_t i = slab_take(&c->traces);
  struct trace *t = state_at(c, i);
  uint32_t generation = (t->handle >> TRACE_BITS) + 1;
  if (!(generation << TRACE_BITS)) generation = 1;
  memset(t, 0, sizeof *t);
  t->handle = opts->handle = generation << TRACE_BITS | i;
  start_fields(c, t, opts, route);
  t->start = now;
  t->ready_prev = t->ready_next = t->dirty_next = SLAB_NONE;
  t->oldest = t->newest = SLAB_NONE;
  t->cells = cells_empty();
  t->next_ttl = opts->first_ttl;
  t->settled = (uint8_t)(opts->first_ttl - 1);
  t->limit = opts->max_ttl;
  t->state = TRACE_RUNNING;
  if (extra) open_extra(c, t, i, now);
  if (extra) lane_join(c, t, opts->lanes);
  if (!(t->opts = opts_take(&c->opts, &like))) goto fail;
  unsigned hops = hops_needed(t->opts);
  if (hops && hops_open(&c->hops, t, hops)) goto fail;
  if (opts->protocol != MTR_ICMP && share_join(c, t)) goto fail;
  c->counters.traces_started++;
  turns_ready(c, t);
  return 0;
fail:
  stop_release(c, t);
  return -ENOMEM;
}

int start_reroute(struct core *c, struct trace *t, const uint8_t src[16],
                  int64_t now) {
  struct opts like = *t->opts;
  t->extra->routed = now;
  if (!memcmp(like.src, src, sizeof like.src)) return 0;
  memcpy(like.src, src, sizeof like.src);
  const struct opts *other = opts_take(&c->opts, &like);
  if (!other) return -ENOMEM;
  opts_give(&c->opts, t->opts);
  t->opts = other;
  return 0;
}
