/* SPDX-License-Identifier: MIT
 *
 * The C interface to simulated networks: builds one from structs, lists its
 * targets, and computes the path that a trace would find. api/engine.c opens an
 * engine over one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/plan.h"
#include "net/sim/internet.h"
#include "net/sim/sim.h"
#include "net/sim/topo.h"
#include "probe/identity.h"
#include "wire/reply.h"

struct mtr_sim *mtr_sim_new(uint32_t seed) {
  struct mtr_sim *t = calloc(1, sizeof *t);
  if (!t) return NULL;
  pthread_mutex_init(&t->lock, NULL);
  t->seed = seed;
  t->users = 1;
  return t;
}

void mtr_sim_free(struct mtr_sim *sim) { topo_free(sim); }

void mtr_sim_node_defaults(struct mtr_sim_node *node) {
  *node = (struct mtr_sim_node){
      .reply_burst = 1, .quote = -1, .quoted_ttl = -1, .quoted_size = -1,
      .quoted_id = WIRE_AS_IT_CAME, .quoted_check = -1, .icmp_type = -1,
      .icmp_code = -1, .mtu_said = -1, .set_ttl = -1, .set_tos = -1,
      .ext_length = -1, .mss = 1460, .reply_ttl = 64, .copies = 1,
      .ext_summed = 1};
}

void mtr_sim_internet_defaults(struct mtr_sim_internet *internet) {
  *internet = (struct mtr_sim_internet){
      .prefixes = 1e6, .silent = 0.05, .dead = 0.1, .balanced = 0.1,
      .limit = 100, .delay = 4, .min_hops = 10, .max_hops = 16};
}

static int add(struct mtr_sim *sim, struct topo_list *list, topo_check *check,
               const void *v, size_t size, uint32_t n) {
  if (sim->frozen) return -EBUSY;
  if (sim->is_internet) return -EINVAL;
  for (uint32_t i = 0; i < n; i++)
    if (check(sim, (const uint8_t *)v + i * size)) return -EINVAL;
  return topo_append(list, v, size, n);
}

int mtr_sim_nodes(struct mtr_sim *sim, const struct mtr_sim_node *v,
                  uint32_t n) {
  if (n > TOPO_NODES - sim->nodes.count) return -EINVAL;
  return add(sim, &sim->nodes, topo_check_node, v, sizeof *v, n);
}

int mtr_sim_addrs(struct mtr_sim *sim, const struct mtr_sim_addr *v,
                  uint32_t n) {
  return add(sim, &sim->addrs, topo_check_addr, v, sizeof *v, n);
}

int mtr_sim_links(struct mtr_sim *sim, const struct mtr_sim_link *v,
                  uint32_t n) {
  return add(sim, &sim->links, topo_check_link, v, sizeof *v, n);
}

int mtr_sim_routes(struct mtr_sim *sim, const struct mtr_sim_route *v,
                   uint32_t n) {
  return add(sim, &sim->routes, topo_check_route, v, sizeof *v, n);
}

int mtr_sim_ports(struct mtr_sim *sim, const struct mtr_sim_port *v,
                  uint32_t n) {
  return add(sim, &sim->ports, topo_check_port, v, sizeof *v, n);
}

int mtr_sim_filters(struct mtr_sim *sim, const struct mtr_sim_filter *v,
                    uint32_t n) {
  return add(sim, &sim->filters, topo_check_filter, v, sizeof *v, n);
}

int mtr_sim_source(struct mtr_sim *sim, uint32_t node) {
  if (sim->frozen) return -EBUSY;
  if (node >= sim->nodes.count) return -EINVAL;
  sim->source = node;
  return 0;
}

int mtr_sim_internet(struct mtr_sim *sim, const struct mtr_sim_internet *v) {
  if (sim->frozen) return -EBUSY;
  if (sim->nodes.count || topo_check_internet(v)) return -EINVAL;
  sim->internet = *v;
  sim->is_internet = 1;
  return 0;
}

/* Writes the first address of each node that is a target. */
static int node_targets(const struct mtr_sim *sim, unsigned family,
                        double first, uint8_t *addr, uint32_t n) {
  uint32_t k = 0;
  for (uint32_t i = 0; i < sim->nodes.count && k < n; i++) {
    const uint8_t *from = topo_address(sim, i, family);
    if (!(topo_node(sim, i)->flags & MTR_SIM_TARGET) || !from) continue;
    if (first-- > 0) continue;
    memcpy(addr + 16 * k++, from, 16);
  }
  return (int)k;
}

int mtr_sim_targets(struct mtr_sim *sim, uint32_t family, double first,
                    uint8_t *addr, uint32_t n) {
  struct internet net;
  uint32_t k = 0;
  if ((family != 4 && family != 6) || !(first >= 0)) return -EINVAL;
  if (!sim->is_internet) return node_targets(sim, family, first, addr, n);
  internet_plan(&net, &sim->internet, sim->seed);
  for (; k < n && first + k < net.prefixes; k++)
    internet_target(&net, family, (uint32_t)first + k, addr + 16 * k);
  return (int)k;
}

int mtr_sim_path(struct mtr *m, const struct mtr_trace *trace,
                 struct mtr_event *out, uint32_t n) {
  const struct core *c = &m->loop.core;
  struct net *net = m->loop.net;
  struct start_route route = {.sport = 0};
  struct payload payload = {0};
  struct mtr_trace opts = *trace;
  uint32_t k = 0;
  if (engine_forked(m)) return -ECHILD;
  if (!sim_is(net)) return -EOPNOTSUPP;
  int err = plan_trace(m, &opts, &route, &payload);
  if (err) return err;
  struct opts shared =
      start_opts(&opts, &route, payload.bytes, (uint16_t)payload.size);
  struct trace t = {.opts = &shared};
  start_fields(c, &t, &opts, &route);
  struct probe p = {.flow = shared.flow,
                    .dst = table_fold(t.dst), .sport = t.sport,
                    .dport = identity_dport(&t, shared.flow)};
  while (k < n && k < 255) {
    struct wire_probe probe;
    struct wire_reply reply;
    struct mtr_event *ev = &out[k];
    p.ttl = (uint8_t)++k;
    describe_probe(c, &t, &p, &probe);
    int came = sim_truth(net, &probe, &reply);
    *ev = (struct mtr_event){.kind = MTR_EV_REPLY, .ttl = p.ttl};
    if (came < 0) return came;
    if (!came) continue;
    deliver_copy(ev, &reply);
    ev->rtt = (float)((double)(reply.at - net->at) / 1e6);
    if (reply.kind != WIRE_TIME_EXCEEDED) break;
  }
  while (k && !out[k - 1].family) k--;
  return (int)k;
}
