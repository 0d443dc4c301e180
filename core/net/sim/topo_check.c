/* SPDX-License-Identifier: MIT
 *
 * Checks the entries of a simulated network that come in by the C interface.
 * The Lua layer checks a description before, with messages for its author.
 */
#include <errno.h>
#include <string.h>

#include "net/sim/topo.h"
#include "wire/reply.h"

static int share(double v) { return v >= 0 && v <= 1; }

static int time_ok(double v) { return v >= 0 && v <= 3.6e6; }

static int place(unsigned family, unsigned bits) {
  return (family == 4 && bits <= 32) || (family == 6 && bits <= 128);
}

static int fits(int32_t v, int32_t low, int32_t high) {
  return v >= low && v <= high;
}

static int overrides_ok(const struct mtr_sim_node *v) {
  return fits(v->quote, -1, 65535) && fits(v->quoted_ttl, -1, 255) &&
         fits(v->quoted_size, -1, 65535) && fits(v->quoted_id, -3, 65535) &&
         fits(v->quoted_check, -1, 65535) && fits(v->icmp_type, -1, 255) &&
         fits(v->icmp_code, -1, 255) && fits(v->mtu_said, -1, 65535) &&
         fits(v->set_ttl, -1, 255) && fits(v->set_tos, -1, 255) &&
         fits(v->ext_length, -1, 255);
}

int topo_check_node(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_node *v = entry;
  (void)t;
  int ok = overrides_ok(v) && time_ok(v->reply_delay) &&
           time_ok(v->reply_jitter) &&
           share(v->reply_loss) && v->reply_rate >= 0 && v->reply_rate <= 1e9 &&
           v->ext_size <= sizeof v->ext && !(v->ext_size & 3) &&
           v->chain_size <= WIRE_CHAIN && !(v->chain_size & 7) &&
           (!v->chain_size || v->chain_last < v->chain_size) &&
           v->ext_summed <= 2 && v->balance <= MTR_SIM_BY_LABEL &&
           v->reply_from <= MTR_SIM_FROM_OTHER && v->tcp <= MTR_SIM_FILTERED &&
           v->udp <= MTR_SIM_FILTERED && v->copies && v->reply_ttl &&
           memchr(v->name, 0, sizeof v->name);
  return ok ? 0 : -EINVAL;
}

int topo_check_addr(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_addr *v = entry;
  return v->node < t->nodes.count && place(v->family, v->bits) ? 0 : -EINVAL;
}

int topo_check_link(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_link *v = entry;
  int ok = v->from < t->nodes.count && v->to < t->nodes.count &&
           v->from != v->to && time_ok(v->delay) && time_ok(v->jitter) &&
           share(v->loss) && share(v->duplicate) && share(v->reorder) &&
           v->cost <= 1000 && v->labels <= WIRE_LABELS;
  return ok ? 0 : -EINVAL;
}

int topo_check_route(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_route *v = entry;
  int ok = v->node < t->nodes.count && v->via < t->nodes.count &&
           place(v->family, v->bits) && v->after >= 0 && v->before >= 0;
  return ok ? 0 : -EINVAL;
}

int topo_check_port(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_port *v = entry;
  int ok = v->node < t->nodes.count && v->state <= MTR_SIM_FILTERED &&
           (v->protocol == MTR_TCP || v->protocol == MTR_UDP);
  return ok ? 0 : -EINVAL;
}

int topo_check_filter(const struct mtr_sim *t, const void *entry) {
  const struct mtr_sim_filter *v = entry;
  int ok = v->node < t->nodes.count && v->answer <= MTR_SIM_REFUSE &&
           share(v->share) && (!v->family || place(v->family, v->bits));
  return ok ? 0 : -EINVAL;
}

int topo_check_internet(const struct mtr_sim_internet *v) {
  int ok = v->prefixes >= 1 && v->prefixes <= 12e6 && share(v->silent) &&
           share(v->dead) && share(v->balanced) && share(v->limited) &&
           share(v->loss) && v->limit > 0 && v->limit <= 1e9 &&
           v->delay >= 0 && v->delay <= 1000 && v->min_hops >= 8 &&
           v->max_hops >= v->min_hops && v->max_hops <= 30;
  return ok ? 0 : -EINVAL;
}
