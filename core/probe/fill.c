/* SPDX-License-Identifier: MIT */
#include "probe/fill.h"

#include "probe/again.h"
#include "probe/ask.h"
#include "probe/describe.h"
#include "probe/due.h"
#include "probe/events.h"
#include "probe/fail.h"
#include "probe/identity.h"
#include "probe/lane.h"
#include "probe/outstanding.h"
#include "probe/pick.h"
#include "probe/queue.h"
#include "probe/sweep.h"
#include "probe/turns.h"
#include "wire/proto.h"

static int in_block(const struct core *c, uint16_t port) {
  return (uint16_t)(port - c->config.port_base) < CORE_PORTS;
}

/* Sets the ports of a classic probe, which changes one with each probe, but not
 * a TCP port that the user chose; and the source port of a SYN that the target
 * would not answer from the trace's (again.h). Other probes keep theirs. */
static void ports(struct core *c, const struct trace *t, struct probe *p) {
  const struct opts *o = t->opts;
  if (t->open_from && !(o->flags & MTR_TCP_ACK)) p->sport = again_port(c, t, p);
  if (o->multipath != MTR_CLASSIC) return;
  if (o->protocol == MTR_UDP)
    p->dport = (uint16_t)(o->dport + t->probes % (65536u - o->dport));
  if (o->protocol == MTR_TCP && in_block(c, t->sport))
    p->sport = (uint16_t)(t->sport + t->probes % CORE_CLASSIC * c->regions);
}

/* Returns the next probe of |t|, or NULL: it has none, or c->starved is set. */
static struct probe *next_probe(struct core *c, struct trace *t, int64_t now) {
  struct table *table = &c->tables[t->region];
  struct probe *p;
  if (!trace_sweeps(t)) {
    p = queue_take(c, t);
    if (p && (t->opts->flags & MTR_STRATEGY || t->open_from)) ports(c, t, p);
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
  p->dport = identity_dport(t, p->flow);
  ports(c, t, p);
  return p;
}

/* Returns 1 if probes of |t| of |size| cannot have their identity in the UDP
 * checksum (see wire/build). */
static int plain_checksum(const struct trace *t, unsigned size) {
  const struct opts *o = t->opts;
  if (o->protocol != MTR_UDP || o->family != 4) return 0;
  unsigned room = (o->payload_size + 1u) / 2 * 2 + 2;
  unsigned headers = PROTO_IPV4_HEADER + PROTO_UDP_HEADER;
  return o->multipath == MTR_DUBLIN || (size && size < headers + room);
}

/* Marks |p| of |t| as sent at |now|. */
static void note_sent(struct core *c, struct trace *t, struct probe *p,
                      int64_t now) {
  unsigned size = p->asked_size ? p->asked_size : t->size;
  p->state = PROBE_SENT;
  p->trace = t->handle;
  p->family = t->opts->family;
  p->protocol = t->opts->protocol;
  if (plain_checksum(t, size)) p->marks |= PROBE_BY_IP_ID;
  p->dst = table_fold(t->dst);
  p->sent = now;
  p->timer.kind = TIMER_PROBE;
  p->timer.index = p->handle;
  outstanding_add(c, t, p);
  t->probes++;
  t->paced = 0;
  t->at = now + c->target_gap;
  if (t->laned) lane_sent(c, t, now);
}

/* Asks |t|, whose turn it is, with an event of |kind|. |k| probes are about to
 * be sent. Returns 0 if it cannot be asked now. */
static int ask(struct core *c, struct trace *t, unsigned kind, uint32_t k,
               int64_t now) {
  struct table *table = &c->tables[t->region];
  uint32_t allowed = ask_allowed(c, k, now), n = 1;
  if (!allowed) return 0;
  if (kind == MTR_EV_NEXT && !table_has_room(table, now)) {
    c->starved = table_free_at(table, now);
    c->counters.probe_waits++;
    return 0;
  }
  turns_leave(c, t);
  if (kind == MTR_EV_NEXT) n = ask_count(c, t);
  ask_trace(c, kind, t, n < allowed ? n : allowed, now);
  return 1;
}

uint32_t fill_probes(struct core *c, struct wire_probe *v, uint32_t *handles,
                     uint32_t n, int64_t now) {
  uint32_t k = 0, room = events_room(c);
  struct trace *t;
  c->starved = 0;
  if (n > room) n = room;              /* each may become a SENT event */
  n = pace_allow(&c->pace, n, now);
  while (k < n && k < events_room(c) && (t = turns_next(c))) {
    if (t->ready_ahead != SLAB_NONE) trace_fetch(state_at(c, t->ready_ahead));
    unsigned kind = due_question(t);
    int idle = (kind || t->laned || !trace_sweeps(t)) && !due_wants(t);
    if (idle || (kind != MTR_EV_PACE && due_later(c, t, now))) {
      turns_leave(c, t);
      continue;
    }
    if (kind && ask(c, t, kind, k, now)) continue;
    if (kind) break;
    struct probe *p = next_probe(c, t, now);
    if (!p && c->starved) break;
    turns_leave(c, t);
    if (!p) continue;
    note_sent(c, t, p, now);
    describe_probe(c, t, p, &v[k]);
    handles[k++] = p->handle;
    if (!t->passed && !t->asked)
      turns_ready(c, t);                /* behind the others */
    else if (due_wants(t))
      turns_urgent(c, t);
  }
  pace_take(&c->pace, k, now);
  if (c->config.pick && !c->starved) pick_ask(c, k, now);
  return k;
}

void fill_sent(struct core *c, uint32_t handle, unsigned size, unsigned error,
               int64_t at) {
  struct probe *p = state_probe(c, handle);
  if (!p || p->state != PROBE_SENT) return;   /* its trace ended meanwhile */
  struct trace *t = state_trace(c, p->trace);
  p->sent = at;
  if (error) {
    fail_probe(c, handle, error, at);
    return;
  }
  p->size = (uint16_t)size;
  c->counters.probes++;
  c->counters.probes_sent++;
  c->counters.bytes_sent += size;
  wheel_add(&c->wheel, &p->timer, at + t->opts->timeout);
  if (t->opts->want & MTR_WANT_SENT && !(p->marks & PROBE_REPORTED))
    events_probe(c, MTR_EV_SENT, t, p);
}
