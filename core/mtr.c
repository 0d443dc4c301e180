/* SPDX-License-Identifier: MIT
 *
 * The C interface to traces: checks what callers pass, fetches what a trace
 * needs from the transport before it starts, and turns handles into traces.
 * Opening and driving an engine is in api/engine.c.
 */
#include "mtr.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "net/sim/sim.h"
#include "wire/build.h"
#include "api/check.h"

enum { PAYLOAD_MAX = 65000 };

static int find_route(struct mtr *m, const struct mtr_trace *t,
                      struct core_route *route) {
  static const uint8_t none[16];
  const uint8_t *source = t->family == 6 ? m->config.source6
                                         : m->config.source4;
  struct net_route q = {.family = t->family, .protocol = t->protocol,
                        .broadcast = (t->flags & MTR_BROADCAST) != 0,
                        .interface = t->interface, .mark = t->mark};
  if (memcmp(t->src, none, sizeof none)) source = t->src;
  q.tos = t->tos;
  q.sport = t->source_port;
  if (t->protocol != MTR_ICMP) q.dport = t->port;
  q.now = loop_now(&m->loop);
  memcpy(q.dst, t->dst, sizeof q.dst);
  memcpy(q.src, source, sizeof q.src);
  route->by_source = memcmp(source, none, sizeof none) != 0;
  int err = m->loop.net->ops->route(m->loop.net, &q);
  memcpy(route->src, q.src, sizeof q.src);
  if (err && q.why) return engine_because(m, err, q.why);
  switch (err) {
  case -EACCES:
    return engine_because(m, err, "multicast and broadcast targets are refused "
                           "unless allow_broadcast is set");
  case -EADDRNOTAVAIL:
    if (!route->by_source)
      return engine_because(m, err,
                            "no address of this host reaches the target");
    engine_not_ours(m->why, sizeof m->why,
                    source == t->src ? "source"
                                     : t->family == 6 ? "source6" : "source4",
                    t->family, source);
    return err;
  case -EAFNOSUPPORT:
    return engine_because(m, err, t->family == 6 ? "this host has no IPv6"
                                          : "this host has no IPv4");
  case -EPERM:
    return engine_because(m, err, "a mark needs CAP_NET_ADMIN or CAP_NET_RAW; "
                                  "with mtrlua give it as --mark");
  case -ENETUNREACH:
    return engine_because(m, err, "there is no route to the target");
  default:
    return err;
  }
}

/* A source port of our block for |flow|, or the user's. */
static int find_port(struct mtr *m, const struct mtr_trace *t,
                     struct core_route *route) {
  const struct core *c = &m->loop.core;
  uint16_t base = c->config.port_base;
  struct net *net = m->loop.net;
  route->region = (uint16_t)core_region(c, t->dst, loop_now(&m->loop));
  if (t->protocol == MTR_ICMP) return 0;
  route->sport = t->source_port;
  if (t->source_port)
    route->region = (uint16_t)((uint16_t)(t->source_port - base) % c->regions);
  else
    route->sport = (uint16_t)(base + t->flow * c->regions + route->region);
  int many = t->protocol == MTR_TCP && t->multipath == MTR_CLASSIC &&
             !t->source_port;
  for (uint32_t i = 0; i < (many ? CORE_CLASSIC : 1u); i++) {
    uint16_t port = (uint16_t)(route->sport + i * c->regions);
    int err = net->ops->reserve(net, t->protocol, port);
    if (err == -EADDRINUSE)
      snprintf(m->why, sizeof m->why, "source port %u is in use by another "
               "program; choose another source_port or flow", port);
    if (err) return err;
  }
  return 0;
}

/* Checks |t|, fills in what it leaves to the engine, and finds out the rest. */
static int plan(struct mtr *m, struct mtr_trace *t, struct core_route *route,
                struct payload *payload) {
  const struct core *c = &m->loop.core;
  if (t->payload > m->payload_count)
    return engine_because(m, -EINVAL, "payload is not from mtr_payload");
  if (t->payload) *payload = m->payloads[t->payload - 1];
  unsigned flows = NET_PORTS / c->regions;
  if (flows > CORE_FLOWS) flows = CORE_FLOWS;
  if (t->multipath == MTR_CLASSIC) flows -= CORE_CLASSIC;
  int err = check_trace(t, payload->size, flows, m->why, sizeof m->why);
  if (err) return err;
  const struct net_ops *ops = m->loop.net->ops;
  err = check_able(t, m->loop.net->caps, ops->name, m->why, sizeof m->why);
  if (err) return err;
  if (!t->interface) t->interface = m->interface;
  t->least = (uint32_t)wire_min_size(t->family, t->protocol, t->multipath,
                                     (int)payload->size);
  if (t->mark == m->config.mark) t->mark = 0;   /* every probe has it */
  if (!t->mark) t->mark = m->mark;
  if ((err = find_route(m, t, route))) return err;
  if ((err = find_port(m, t, route))) return err;
  route->flow_label = (m->label + t->flow) & 0xfffff;
  if (t->flow_label >= 0) route->flow_label = (uint32_t)t->flow_label;
  return 0;
}

static int start(struct mtr *m, struct mtr_trace *t) {
  struct core *c = &m->loop.core;
  struct core_route route = {.sport = 0};
  struct payload payload = {0};
  int err = plan(m, t, &route, &payload);
  if (err) return err;
  err = core_start(c, t, &route, payload.bytes, (uint16_t)payload.size,
                   loop_now(&m->loop));
  if (err == -EAGAIN) engine_because(m, err, "max_traces are in flight");
  return err;
}

int mtr_start(struct mtr *m, struct mtr_trace *traces, uint32_t n) {
  uint32_t i = 0;
  int err = 0;
  m->why[0] = 0;
  loop_call(&m->loop);
  for (; i < n; i++)
    if ((err = start(m, &traces[i]))) break;
  loop_arm(&m->loop);
  return i || !err ? (int)i : err;
}

static struct trace *find(struct mtr *m, uint32_t handle) {
  return core_trace(&m->loop.core, handle);
}

/* A manual trace may live for long: once its route is as old as an answer that
 * transports remember, the source address is found anew. */
static int follow_route(struct mtr *m, struct trace *t, int64_t now) {
  if (now - t->own->routed < NET_ROUTE_NS) return 0;
  const struct opts *o = t->opts;
  struct mtr_trace like = {.family = o->family, .protocol = o->protocol,
                           .flags = o->flags, .interface = o->interface,
                           .mark = o->mark};
  struct core_route route;
  memcpy(like.dst, t->dst, sizeof like.dst);
  if (o->by_source) memcpy(like.src, o->src, sizeof like.src);
  int err = find_route(m, &like, &route);
  return err ? err : core_reroute(&m->loop.core, t, route.src, now);
}

static int probe(struct mtr *m, struct mtr_probe_opts *p, int64_t now) {
  struct core *c = &m->loop.core;
  struct trace *t = find(m, p->trace);
  if (!t || t->state != TRACE_RUNNING) return -ESTALE;
  if (trace_sweeps(t))
    return engine_because(m, -EINVAL, "the trace has a sweep of its own");
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
    int32_t port = sport + (p->flow - o->flow) * (int32_t)c->regions;
    if (port < 1 || port > 65535) return -EINVAL;
    sport = (uint16_t)port;
    err = m->loop.net->ops->reserve(m->loop.net, o->protocol, sport);
  }
  return err ? err : core_probe(c, t, p, sport, now);
}

int mtr_probe(struct mtr *m, struct mtr_probe_opts *probes, uint32_t n) {
  int64_t now = loop_recent(&m->loop);
  uint32_t i = 0;
  int err = 0;
  m->why[0] = 0;
  while (i < n && !(err = probe(m, &probes[i], now))) i++;
  loop_arm(&m->loop);
  return i || !err ? (int)i : err;
}

int mtr_stop(struct mtr *m, uint32_t handle, uint32_t reason, uint32_t data,
             uint32_t ttl) {
  struct trace *t = find(m, handle);
  if (!t || t->state != TRACE_RUNNING) return -ESTALE;
  if (reason > MTR_STOP_HALTED || ttl > UINT8_MAX) return -EINVAL;
  uint8_t most = t->opts->max_ttl;
  if (t->opts->flags & MTR_STRATEGY) t->last = ttl < most ? (uint8_t)ttl : most;
  core_stop(&m->loop.core, t, reason, data, loop_call(&m->loop));
  loop_arm(&m->loop);
  return 0;
}

int mtr_stop_all(struct mtr *m, uint32_t cookie, uint32_t reason) {
  struct core *c = &m->loop.core;
  int64_t now = loop_now(&m->loop);
  int n = 0;
  if (reason > MTR_STOP_HALTED) return -EINVAL;
  for (uint32_t i = 0; i < c->traces.count; i++) {
    struct trace *t = slab_at(&c->traces, i);
    if (t->state != TRACE_RUNNING || t->cookie != cookie) continue;
    core_stop(c, t, reason, 0, now);
    n++;
  }
  loop_arm(&m->loop);
  return n;
}

/* Answers. */

int mtr_pass(struct mtr *m, uint32_t handle, double wake) {
  struct trace *t = find(m, handle);
  if (!t || t->state != TRACE_RUNNING) return -ESTALE;
  if (!(wake < 1e12)) return -EINVAL;
  int64_t ns = wake < 0 ? -1 : (int64_t)(wake * 1e6);
  int err = core_pass(&m->loop.core, t, ns, loop_call(&m->loop));
  loop_arm(&m->loop);
  return err;
}

int mtr_pace(struct mtr *m, uint32_t handle, double wait) {
  struct trace *t = find(m, handle);
  if (!t || t->state != TRACE_RUNNING) return -ESTALE;
  if (!(wait >= 0 && wait < 1e12)) return -EINVAL;
  int err = core_pace(&m->loop.core, t, (int64_t)(wait * 1e6));
  loop_arm(&m->loop);
  return err;
}

uint32_t mtr_ready(struct mtr *m, uint32_t *cookies, uint32_t n) {
  return core_list(&m->loop.core, cookies, n, loop_now(&m->loop));
}

int mtr_pick(struct mtr *m, uint32_t handle) {
  struct trace *t = find(m, handle);
  if (!t || t->state != TRACE_RUNNING) return -ESTALE;
  int err = core_pick(&m->loop.core, t);
  loop_arm(&m->loop);
  return err;
}

int mtr_release(struct mtr *m, uint32_t handle) {
  struct trace *t = find(m, handle);
  if (!t) return -ESTALE;
  if (t->state != TRACE_DONE) return -EBUSY;
  core_release(&m->loop.core, t);
  return 0;
}

/* What is not known of the packets that another program makes. */
static void admit(struct mtr_info *info, const struct trace *t, uint32_t caps) {
  const struct opts *o = t->opts;
  uint32_t ports = o->family == 6 ? MTR_CAP_PORTS6 : MTR_CAP_PORTS4;
  info->size = t->size;
  info->flow_label = UINT32_MAX;
  if (o->protocol == MTR_UDP && o->multipath == MTR_PARIS && caps & ports)
    return;
  info->multipath = MTR_CLASSIC;
  info->source_port = 0;
}

int mtr_describe(struct mtr *m, uint32_t handle, struct mtr_info *info) {
  const struct trace *t = find(m, handle);
  if (!t) return -ESTALE;
  const struct opts *o = t->opts;
  int size = wire_default_size(o->family, o->protocol, o->multipath,
                               o->payload_size);
  if (o->protocol == MTR_TCP && o->flags & MTR_TCP_ACK) size -= 4;
  int64_t end = t->state == TRACE_RUNNING ? loop_now(&m->loop) : t->at;
  *info = (struct mtr_info){
      .start = loop_unix(&m->loop, t->start),
      .duration = (double)(end - t->start) / 1e6,
      .probes = t->probes, .cookie = t->cookie,
      .flow_label = o->family == 6 ? o->flow_label : 0,
      .source_port = t->sport, .port = o->dport, .flow = o->flow,
      .size = t->size ? t->size : (uint16_t)size, .family = o->family,
      .protocol = o->protocol,
      .multipath = o->multipath, .first_ttl = o->first_ttl,
      .hop_count = t->settled, .stop_reason = t->stop,
      .stop_data = t->stop_data, .loops = t->loops};
  if (o->flags & MTR_STRATEGY && t->own->asked_size)
    info->size = t->own->asked_size;
  memcpy(info->src, o->src, sizeof info->src);
  memcpy(info->dst, t->dst, sizeof info->dst);
  if (!(m->loop.net->caps & MTR_CAP_FLOW))
    admit(info, t, m->loop.net->caps);
  return 0;
}

int mtr_replies(struct mtr *m, uint32_t handle, uint32_t ttl,
                struct mtr_event *out, uint32_t n, uint8_t *ext,
                uint32_t size) {
  const struct core *c = &m->loop.core;
  const struct trace *t = find(m, handle);
  const struct cell *cell;
  uint32_t at = SLAB_NONE, k = 0, used = 0;
  struct missed missed[256] = {{0}};
  if (!t) return -ESTALE;
  unsigned last = t->opts->flags & MTR_MANUAL ? 255 : t->settled;
  while ((cell = cells_next(&c->cells, &t->cells, &at))) {
    if (cell->ttl > last || (ttl && cell->ttl != ttl)) continue;
    struct shape shape = cells_shape(&c->cells, cell);
    if (!shape.family)
      cells_missed(cell, shape.icmp_code, &missed[cell->ttl]);
    if (!shape.family || k++ >= n) continue;
    struct mtr_event *ev = &out[k - 1];
    uint32_t bytes = shape.ext_words * 4u;
    *ev = (struct mtr_event){.kind = MTR_EV_REPLY, .trace = handle,
                             .cookie = t->cookie};
    int fits = ext && bytes <= size - used;
    cells_event(&c->cells, cell, ev, fits ? ext + used : NULL);
    ev->ext = used;
    if (fits) used += bytes;
    else ev->ext_words = 0;
  }
  for (unsigned i = 1; i <= last; i++) {
    const struct missed *h = &missed[i];
    if ((!h->failed && !h->silent) || k++ >= n) continue;
    out[k - 1] = (struct mtr_event){
        .kind = MTR_EV_TIMEOUT, .ttl = (uint8_t)i, .trace = handle,
        .cookie = t->cookie, .error = h->error, .stop = h->failed,
        .attempt = h->silent};
  }
  return (int)k;
}

/* The rest. */

int mtr_sim_path(struct mtr *m, const struct mtr_trace *trace,
                 struct mtr_event *out, uint32_t n) {
  const struct core *c = &m->loop.core;
  struct net *net = m->loop.net;
  struct core_route route = {.sport = 0};
  struct payload payload = {0};
  struct mtr_trace opts = *trace;
  uint32_t k = 0;
  if (!sim_is(net)) return -EOPNOTSUPP;
  int err = plan(m, &opts, &route, &payload);
  if (err) return err;
  struct opts shared =
      core_opts(&opts, &route, payload.bytes, (uint16_t)payload.size);
  struct trace t = {.opts = &shared};
  core_set(c, &t, &opts, &route);
  struct probe p = {.flow = shared.flow, .sport = t.sport,
                    .dport = shared.dport};
  while (k < n && k < 255) {
    struct wire_probe probe;
    struct wire_reply reply;
    struct mtr_event *ev = &out[k];
    p.ttl = (uint8_t)++k;
    core_describe(c, &t, &p, &probe);
    int came = sim_truth(net, &probe, &reply);
    *ev = (struct mtr_event){.kind = MTR_EV_REPLY, .ttl = p.ttl};
    if (came < 0) return came;
    if (!came) continue;
    core_copy(ev, &reply);
    ev->rtt = (float)((double)(reply.at - net->at) / 1e6);
    if (reply.kind != WIRE_TIME_EXCEEDED) break;
  }
  while (k && !out[k - 1].family) k--;
  return (int)k;
}

int mtr_payload(struct mtr *m, const uint8_t *bytes, uint32_t size) {
  if (!size) return 0;
  if (size > PAYLOAD_MAX) return -EMSGSIZE;
  for (uint32_t i = 0; i < m->payload_count; i++)
    if (m->payloads[i].size == size &&
        !memcmp(m->payloads[i].bytes, bytes, size))
      return (int)i + 1;
  size_t room = (m->payload_count + 1) * sizeof *m->payloads;
  void *list = realloc(m->payloads, room);
  if (!list) return -ENOMEM;
  m->payloads = list;
  uint8_t *copy = malloc(size);
  if (!copy) return -ENOMEM;
  memcpy(copy, bytes, size);
  m->payloads[m->payload_count++] = (struct payload){copy, size};
  return (int)m->payload_count;
}
