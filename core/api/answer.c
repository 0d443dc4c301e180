/* SPDX-License-Identifier: MIT
 *
 * What callers and strategies send to a running trace: probes, answers to its
 * questions, and whose turn it is.
 */
#include <errno.h>
#include <string.h>

#include "api/check.h"
#include "api/engine.h"
#include "api/plan.h"

/* Looks up the source address again if the route is old: a manual trace may run
 * for a long time. If there is no route now, the network may return later: the
 * probe is sent as the last one was, and the transport reports the outcome. */
static int follow_route(struct mtr *m, struct trace *t, int64_t now) {
  if (now - t->extra->routed < NET_ROUTE_NS) return 0;
  const struct opts *o = t->opts;
  struct mtr_trace like = {.family = o->family, .protocol = o->protocol,
                           .flags = o->flags, .interface = o->interface,
                           .mark = o->mark, .tos = o->tos};
  struct start_route route = {.sport = 0};
  memcpy(like.dst, t->dst, sizeof like.dst);
  if (o->protocol != MTR_ICMP) {
    like.port = o->dport;
    like.source_port = t->sport;
  }
  if (o->by_source) memcpy(like.src, o->src, sizeof like.src);
  if (plan_route(m, &like, &route)) {
    m->why[0] = 0;
    return 0;
  }
  return start_reroute(&m->loop.core, t, route.src, now);
}

/* Returns the source port of |flows| flows beyond the one that has |sport|.
 * Those of our block go round in it. */
static int32_t flow_port(const struct core *c, uint16_t sport, int32_t flows) {
  int32_t regions = (int32_t)c->regions, ports = NET_PORTS / regions;
  uint16_t at = (uint16_t)(sport - c->config.port_base);
  if (at >= NET_PORTS) return sport + flows * regions;
  int32_t place = (at / regions + flows) % ports;
  if (place < 0) place += ports;
  return c->config.port_base + place * regions + at % regions;
}

static int probe(struct mtr *m, struct mtr_probe_opts *p, int64_t now) {
  struct core *c = &m->loop.core;
  struct trace *t = engine_running(m, p->trace);
  if (!t) return -ESTALE;
  if (trace_sweeps(t))
    return engine_because(m, -EINVAL, "this trace chooses its probes itself");
  int err = check_probe(t, p, NET_PORTS / c->regions, m->why, sizeof m->why);
  if (err) return err;
  const struct net *net = m->loop.net;
  err = check_probe_able(t, p, net->caps, net->ops->name, m->why,
                         sizeof m->why);
  if (err) return err;
  err = follow_route(m, t, now);
  uint16_t sport = t->sport;
  const struct opts *o = t->opts;
  if (!err && p->flow != o->flow && o->protocol != MTR_ICMP) {
    int32_t port = flow_port(c, sport, p->flow - o->flow);
    if (port < 1 || port > 65535) return -EINVAL;
    sport = (uint16_t)port;
    err = m->loop.net->ops->reserve(m->loop.net, o->protocol, sport);
  }
  return err ? err : answer_probe(c, t, p, sport, now);
}

int mtr_probe(struct mtr *m, struct mtr_probe_opts *probes, uint32_t n) {
  if (engine_forked(m)) return -ECHILD;
  int64_t now = clock_recent(&m->loop);
  uint32_t i = 0;
  int err = 0;
  m->why[0] = 0;
  while (i < n && !(err = probe(m, &probes[i], now))) i++;
  loop_arm(&m->loop);
  return i || !err ? (int)i : err;
}

int mtr_pass(struct mtr *m, uint32_t handle, double wake) {
  if (engine_forked(m)) return -ECHILD;
  struct trace *t = engine_running(m, handle);
  if (!t) return -ESTALE;
  int64_t ns = wake < 0 ? -1 : clock_span(&m->loop, wake);
  if (ns < -1) return -EINVAL;
  int err = answer_pass(&m->loop.core, t, ns, clock_call(&m->loop));
  loop_arm(&m->loop);
  return err;
}

int mtr_pace(struct mtr *m, uint32_t handle, double wait) {
  if (engine_forked(m)) return -ECHILD;
  struct trace *t = engine_running(m, handle);
  if (!t) return -ESTALE;
  int64_t ns = clock_span(&m->loop, wait);
  if (ns < 0) return (int)ns;
  int err = answer_pace(&m->loop.core, t, ns);
  loop_arm(&m->loop);
  return err;
}

uint32_t mtr_ready(struct mtr *m, uint32_t *cookies, uint32_t n) {
  return pick_list(&m->loop.core, cookies, n, clock_now(&m->loop));
}

double mtr_turn(struct mtr *m) {
  const struct core *c = &m->loop.core;
  return (double)c->rtt + 6 * (double)c->rtt_spread;
}

uint32_t mtr_waiting(struct mtr *m) {
  return m->loop.core.ready.count + m->loop.core.urgent.count;
}

int mtr_pick(struct mtr *m, uint32_t handle) {
  if (engine_forked(m)) return -ECHILD;
  if (!handle) {
    pick_nobody(&m->loop.core);
    return 0;
  }
  struct trace *t = engine_running(m, handle);
  if (!t) return -ESTALE;
  int err = pick_trace(&m->loop.core, t);
  loop_arm(&m->loop);
  return err;
}
