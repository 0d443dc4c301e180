/* SPDX-License-Identifier: MIT
 *
 * What to send: traces take turns, one probe each, as long as pace, probe table
 * and their own windows allow. Makes struct wire_probe; writes no bytes.
 */
#include <errno.h>
#include <string.h>

#include "probe/core.h"
#include "probe/sweep.h"
#include "wire/proto.h"

enum { PICKS = 64 };                   /* asked for at once */

struct probe *core_find(const struct core *c, uint32_t handle) {
  uint32_t region = handle >> TABLE_SHIFT & (CORE_REGIONS - 1);
  if (region >= c->regions) return NULL;
  struct probe *p = table_at(&c->tables[region], handle & (TABLE_REGION - 1));
  return p && p->handle == handle ? p : NULL;
}

void core_link(struct core *c, struct trace *t, struct probe *p) {
  uint32_t place = table_place(p);
  p->older = t->newest;
  p->newer = SLAB_NONE;
  if (t->newest == SLAB_NONE)
    t->oldest = place;
  else
    table_at(&c->tables[t->region], t->newest)->newer = place;
  t->newest = place;
  t->out++;
  c->counters.probes++;
}

void core_unlink(struct core *c, struct trace *t, struct probe *p) {
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
  c->counters.probes--;
}

void core_retire(struct core *c, struct probe *p, enum probe_state state,
                 int64_t now) {
  uint32_t region = p->handle >> TABLE_SHIFT & (CORE_REGIONS - 1);
  table_retire(&c->tables[region], p, state, now + c->config.late_window);
}

struct mtr_event *core_probe_event(struct core *c, unsigned kind,
                                   const struct trace *t,
                                   const struct probe *p) {
  struct mtr_event *ev = core_event(c, kind);
  ev->trace = t->handle;
  ev->cookie = t->cookie;
  ev->probe = p->handle;
  ev->ttl = p->ttl;
  ev->attempt = p->attempt;
  ev->flow = p->flow;
  ev->at = (float)((double)(p->sent - t->start) / 1e6);
  return ev;
}

static int in_block(const struct core *c, uint16_t port) {
  return (uint16_t)(port - c->config.port_base) < CORE_PORTS;
}

/* The ports of a probe: classic changes one with each, but not a TCP
 * port that the user chose; the others never do. */
static void ports(const struct core *c, const struct trace *t,
                  struct probe *p) {
  const struct opts *o = t->opts;
  if (o->multipath != MTR_CLASSIC) return;
  if (o->protocol == MTR_UDP)
    p->dport = (uint16_t)(o->dport + t->probes % (65536u - o->dport));
  if (o->protocol == MTR_TCP && in_block(c, t->sport))
    p->sport = (uint16_t)(t->sport + t->probes % CORE_CLASSIC * c->regions);
}

/* The next probe of |t|, or NULL: nothing to send, or c->starved is set. */
static struct probe *next_probe(struct core *c, struct trace *t, int64_t now) {
  struct table *table = &c->tables[t->region];
  struct probe *p;
  if (!trace_sweeps(t)) {
    p = core_dequeue(c, t);
    if (p && t->opts->flags & MTR_STRATEGY) ports(c, t, p);
    return p;
  }
  unsigned ttl = sweep_next(t);
  if (!ttl) return NULL;
  if (hops_fit(&c->hops, t, ttl)) {
    c->starved = now;                  /* core_reserve makes room */
    return NULL;
  }
  if (!(p = table_take(table, now))) {
    c->starved = table_free_at(table, now);
    c->counters.probe_waits++;
    return NULL;
  }
  struct hop *h = trace_hop(t, ttl);
  h->sent++;
  h->out++;
  p->ttl = (uint8_t)ttl;
  p->attempt = h->sent;
  p->flow = t->opts->flow;
  p->sport = t->sport;
  p->dport = t->opts->dport;
  ports(c, t, p);
  return p;
}

/* Whether the probes of |t| of |size| leave UDP's checksum as it falls (see
 * wire/build). */
static int plain_checksum(const struct trace *t, unsigned size) {
  const struct opts *o = t->opts;
  if (o->protocol != MTR_UDP || o->family != 4) return 0;
  unsigned room = (o->payload_size + 1u) / 2 * 2 + 2;
  unsigned headers = PROTO_IPV4_HEADER + PROTO_UDP_HEADER;
  return o->multipath == MTR_DUBLIN || (size && size < headers + room);
}

void core_describe(const struct core *c, const struct trace *t,
                   const struct probe *p, struct wire_probe *w) {
  const struct opts *o = t->opts;
  memcpy(w->src, o->src, sizeof w->src);
  memcpy(w->dst, t->dst, sizeof w->dst);
  w->payload = o->payload;
  w->payload_size = o->payload_size;
  w->size = p->asked_size ? p->asked_size : t->size;
  w->id = core_id(c, table_place(p));
  w->cookie = c->cookie;
  w->sport = p->sport;
  w->dport = p->dport;
  w->checksum = core_checksum(c, p->flow);
  w->family = o->family;
  w->protocol = o->protocol;
  w->multipath = o->multipath;
  w->ttl = p->ttl;
  w->tos = o->tos;
  w->fill = o->fill;
  w->dont_fragment = (o->flags & MTR_DONT_FRAGMENT) != 0;
  w->by_source = o->by_source;
  w->tcp_flags = o->flags & MTR_TCP_ACK ? PROTO_TCP_ACK : PROTO_TCP_SYN;
  w->flow_label = (o->flow_label + (uint32_t)(p->flow - o->flow)) & 0xfffff;
  w->interface = o->interface;
  w->mark = o->mark;
  w->handle = p->handle;
  w->timeout_ms = (uint32_t)(o->timeout / 1000000);
}

/* Takes |p| of |t| as sent, at |now|. */
static void note_sent(struct core *c, struct trace *t, struct probe *p,
                      int64_t now) {
  unsigned size = p->asked_size ? p->asked_size : t->size;
  p->state = PROBE_SENT;
  p->trace = t->handle;
  p->family = t->opts->family;
  p->protocol = t->opts->protocol;
  p->by_ip_id = (uint8_t)plain_checksum(t, size);
  p->dst = table_fold(t->dst);
  p->sent = now;
  p->timer.kind = CORE_TIMER_PROBE;
  p->timer.index = p->handle;
  core_link(c, t, p);
  t->probes++;
  t->paced = 0;
  t->at = now + c->target_gap;
}

/* Asks |t|, whose turn it is, with an event of |kind|; 0: not now. |k| probes
 * are about to be sent. */
static int ask(struct core *c, struct trace *t, unsigned kind, uint32_t k,
               int64_t now) {
  struct table *table = &c->tables[t->region];
  uint32_t allowed = core_may_ask(c, k, now), n = 1;
  if (!allowed) return 0;
  if (kind == MTR_EV_NEXT && !table_has_room(table, now)) {
    c->starved = table_free_at(table, now);
    c->counters.probe_waits++;
    return 0;
  }
  core_unready(c, t);
  if (kind == MTR_EV_NEXT) n = core_places(c, t);
  core_ask(c, kind, t, n < allowed ? n : allowed, now);
  return 1;
}

/* Asks who sends next, if anybody waits to be picked. */
static void ask_pick(struct core *c, uint32_t k, int64_t now) {
  uint32_t allowed = core_may_ask(c, k, now);
  if (c->picking || c->nobody || !allowed) return;
  if (c->urgent.first != SLAB_NONE) return;
  if (!core_list(c, NULL, 0, now)) return;
  core_ask(c, MTR_EV_PICK, NULL, 1, now)->probe =
      allowed < PICKS ? allowed : PICKS;
}

uint32_t core_fill(struct core *c, struct wire_probe *v, uint32_t *handles,
                   uint32_t n, int64_t now) {
  uint32_t k = 0, room = core_room(c);
  struct trace *t;
  c->starved = 0;
  if (n > room) n = room;              /* each may become a SENT event */
  n = pace_allow(&c->pace, n, now);
  while (k < n && k < core_room(c) && (t = core_next(c))) {
    if (t->ready_ahead != SLAB_NONE) trace_fetch(core_at(c, t->ready_ahead));
    unsigned kind = core_must_ask(t);
    int idle = (kind || !trace_sweeps(t)) && !core_wants(t);
    if (idle || (kind != MTR_EV_PACE && core_soon(c, t, now))) {
      core_unready(c, t);
      continue;
    }
    if (kind && ask(c, t, kind, k, now)) continue;
    if (kind) break;
    struct probe *p = next_probe(c, t, now);
    if (!p && c->starved) break;
    core_unready(c, t);
    if (!p) continue;
    note_sent(c, t, p, now);
    core_describe(c, t, p, &v[k]);
    handles[k++] = p->handle;
    if (!t->passed && !t->asked)
      core_ready(c, t);                /* behind the others */
    else if (core_wants(t))
      core_urgent(c, t);
  }
  pace_take(&c->pace, k, now);
  if (c->config.pick && !c->starved) ask_pick(c, k, now);
  return k;
}

/* What a failed send leaves behind for the result. */
static void keep_error(struct core *c, struct trace *t, const struct probe *p,
                       unsigned error) {
  struct mtr_event ev = {.ttl = p->ttl, .attempt = p->attempt,
                         .icmp_code = (uint8_t)error};
  trace_hop(t, p->ttl)->marks |= HOP_ERROR;
  cells_add(&c->cells, &t->cells, &ev, NULL);
}

void core_failed(struct core *c, uint32_t handle, unsigned error, int64_t now) {
  struct probe *p = core_find(c, handle);
  if (!p || p->state != PROBE_SENT) return;   /* its trace ended meanwhile */
  struct trace *t = core_trace(c, p->trace);
  int sweeps = trace_sweeps(t), again = error == EAGAIN && !sweeps;
  struct hop *h = trace_hop(t, p->ttl);
  core_unlink(c, t, p);
  wheel_remove(&c->wheel, &p->timer);
  if (h && !again) h->out--;
  if (error == EAGAIN) {
    c->counters.send_retries++;
    t->probes--;
    if (sweeps) h->sent--;
  } else {
    c->counters.send_errors++;
    t->failed++;
    if (h) keep_error(c, t, p, error);
    if (t->opts->want & MTR_WANT_TIMEOUT)
      core_probe_event(c, MTR_EV_TIMEOUT, t, p)->error = (uint8_t)error;
  }
  if (again)
    core_enqueue(c, t, p);
  else
    core_retire(c, p, PROBE_SILENT, now);
  if (sweeps) sweep_lost(t, p->ttl);
  core_recount(c, t);
  core_ready(c, t);
  core_dirty(c, t);
}

void core_sent(struct core *c, uint32_t handle, unsigned size, unsigned error,
               int64_t at) {
  struct probe *p = core_find(c, handle);
  if (!p || p->state != PROBE_SENT) return;   /* its trace ended meanwhile */
  struct trace *t = core_trace(c, p->trace);
  p->sent = at;
  if (error) {
    core_failed(c, handle, error, at);
    return;
  }
  p->size = (uint16_t)size;
  c->counters.probes_sent++;
  c->counters.bytes_sent += size;
  wheel_add(&c->wheel, &p->timer, at + t->opts->timeout);
  if (t->opts->want & MTR_WANT_SENT) core_probe_event(c, MTR_EV_SENT, t, p);
}
