/* SPDX-License-Identifier: MIT */
#include "api/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/check.h"
#include "probe/identity.h"
#include "wire/build.h"

int plan_route(struct mtr *m, const struct mtr_trace *t,
               struct start_route *route) {
  static const uint8_t none[16];
  const uint8_t *source = t->family == 6 ? m->config.source6
                                         : m->config.source4;
  struct net_route q = {.family = t->family, .protocol = t->protocol,
                        .broadcast = (t->flags & MTR_BROADCAST) != 0,
                        .interface = t->interface, .mark = t->mark};
  if (memcmp(t->src, none, sizeof none)) source = t->src;
  q.tos = t->tos;
  q.sport = t->source_port ? t->source_port : route->sport;
  if (t->protocol != MTR_ICMP) q.dport = t->port;
  q.now = clock_now(&m->loop);
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

/* Tells which port of our block flow 0 to |dst| has: one that others cannot
 * guess. In a simulation it is the first, so that flows take the ways that they
 * are said to take. */
static uint32_t first_port(const struct mtr *m, const uint8_t *dst,
                           uint32_t ports) {
  return m->sim ? 0 : identity_port(&m->loop.core, table_fold(dst)) % ports;
}

/* Returns 1 if each probe of |t| has another source port. */
static int many_ports(const struct mtr_trace *t) {
  return t->protocol == MTR_TCP && t->multipath == MTR_CLASSIC &&
         !t->source_port;
}

/* Chooses a source port: the user's, or one of our block for the flow. */
static void choose_port(const struct mtr *m, const struct mtr_trace *t,
                        struct start_route *route) {
  const struct core *c = &m->loop.core;
  uint16_t base = c->config.port_base;
  uint32_t ports = NET_PORTS / c->regions - (many_ports(t) ? CORE_CLASSIC : 0u);
  route->region = (uint16_t)core_region(c, t->dst, clock_now(&m->loop));
  route->sport = 0;
  if (t->protocol == MTR_ICMP) return;
  route->sport = t->source_port;
  if (t->source_port)
    route->region = (uint16_t)((uint16_t)(t->source_port - base) % c->regions);
  else
    route->sport = (uint16_t)(base + route->region + c->regions *
                              ((t->flow + first_port(m, t->dst, ports)) %
                               ports));
}

static int reserve_ports(struct mtr *m, const struct mtr_trace *t,
                         const struct start_route *route) {
  const struct core *c = &m->loop.core;
  struct net *net = m->loop.net;
  if (t->protocol == MTR_ICMP) return 0;
  for (uint32_t i = 0; i < (many_ports(t) ? CORE_CLASSIC : 1u); i++) {
    uint16_t port = (uint16_t)(route->sport + i * c->regions);
    int err = net->ops->reserve(net, t->protocol, port);
    if (err == -EADDRINUSE)
      snprintf(m->why, sizeof m->why, "source port %u is in use by another "
               "program; choose another source_port or flow", port);
    if (err) return err;
  }
  return 0;
}

/* Chooses the flow label: the user's, or one for the flow that others cannot
 * guess. In a simulation it is the number of the flow, like the port. */
static void find_label(const struct mtr *m, const struct mtr_trace *t,
                       struct start_route *route) {
  route->flow_label = t->flow;
  route->label_base = 0;
  if (t->flow_label >= 0) route->flow_label = (uint32_t)t->flow_label;
  else if (t->family == 6 && !m->sim)
    route->label_base =
        identity_label_base(&m->loop.core, table_fold(t->dst));
}

int plan_trace(struct mtr *m, struct mtr_trace *t, struct start_route *route,
               struct payload *payload) {
  const struct core *c = &m->loop.core;
  if (t->payload > m->payloads.count)
    return engine_because(m, -EINVAL, "payload is not from mtr_payload");
  if (t->label > m->payloads.count)
    return engine_because(m, -EINVAL, "label is not from mtr_payload");
  if (t->payload) *payload = m->payloads.list[t->payload - 1];
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
  choose_port(m, t, route);            /* a rule of the host may go by it */
  if ((err = plan_route(m, t, route))) return err;
  if ((err = reserve_ports(m, t, route))) return err;
  find_label(m, t, route);
  return 0;
}
