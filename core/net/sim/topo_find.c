/* SPDX-License-Identifier: MIT
 *
 * Answers questions about a frozen network: which node has an address, and
 * which links lead there.
 */
#include <string.h>

#include "net/sim/topo.h"

int topo_within(const uint8_t *addr, const uint8_t *net, unsigned bits) {
  unsigned bytes = bits / 8, rest = bits % 8;
  if (memcmp(addr, net, bytes)) return 0;
  return !rest || !((addr[bytes] ^ net[bytes]) >> (8 - rest));
}

static const struct mtr_sim_addr *addr_at(const struct mtr_sim *t,
                                          uint32_t i) {
  return (const struct mtr_sim_addr *)t->addrs.v + i;
}

static unsigned full(unsigned family) { return family == 4 ? 32 : 128; }

uint32_t topo_owner(const struct mtr_sim *t, unsigned family,
                    const uint8_t *addr) {
  uint32_t best = TOPO_NONE;
  int bits = -1;
  for (uint32_t i = 0; i < t->addrs.count; i++) {
    const struct mtr_sim_addr *a = addr_at(t, i);
    if (a->family != family || a->bits <= bits) continue;
    if (!topo_within(addr, a->addr, a->bits)) continue;
    best = a->node;
    bits = a->bits;
  }
  return best;
}

const uint8_t *topo_address(const struct mtr_sim *t, uint32_t node,
                            unsigned family) {
  for (uint32_t i = 0; i < t->addrs.count; i++) {
    const struct mtr_sim_addr *a = addr_at(t, i);
    if (a->node == node && a->family == family && a->bits == full(family))
      return a->addr;
  }
  return NULL;
}

int topo_has(const struct mtr_sim *t, uint32_t node, unsigned family,
             const uint8_t *addr) {
  for (uint32_t i = 0; i < t->addrs.count; i++) {
    const struct mtr_sim_addr *a = addr_at(t, i);
    if (a->node == node && a->family == family && a->bits == full(family) &&
        topo_within(addr, a->addr, a->bits))
      return 1;
  }
  return 0;
}

static uint32_t link_to(const struct mtr_sim *t, uint32_t node, uint32_t via) {
  const struct topo_range *r = &t->link_of[node];
  for (uint32_t i = r->first; i < r->end; i++)
    if (topo_link(t, i)->to == via) return i;
  return TOPO_NONE;
}

static int beats(const struct mtr_sim_route *a, const struct mtr_sim_route *b) {
  return !b || a->bits > b->bits || (a->bits == b->bits && a->after > b->after);
}

/* Writes the links of the best of |node|'s routes to |dst| that have at least
 * |least| bits. Returns how many. */
static uint32_t own_ways(const struct mtr_sim *t, uint32_t node,
                         unsigned family, const uint8_t *dst, double ms,
                         unsigned least, uint32_t *out, uint32_t n) {
  const struct mtr_sim_route *v = t->routes.v, *best = NULL;
  const struct topo_range *range = &t->route_of[node];
  uint32_t k = 0;
  for (uint32_t i = range->first; i < range->end; i++) {
    const struct mtr_sim_route *r = &v[i];
    if (r->family != family || r->bits < least || ms < r->after) continue;
    if (r->before > 0 && ms >= r->before) continue;
    if (!topo_within(dst, r->addr, r->bits)) continue;
    if (beats(r, best)) k = 0;
    else if (beats(best, r)) continue;
    best = r;
    uint32_t link = link_to(t, node, r->via);
    if (link != TOPO_NONE && k < n) out[k++] = link;
  }
  return k;
}

/* Writes the links of |node| that begin a shortest path. Returns how many. */
static uint32_t short_ways(const struct mtr_sim *t, uint32_t node,
                           unsigned family, const uint8_t *dst, uint32_t *out,
                           uint32_t n) {
  uint32_t to = topo_owner(t, family, dst), k = 0;
  if (to == TOPO_NONE) return 0;
  const uint16_t *d = t->distance + (size_t)to * t->nodes.count;
  const struct topo_range *range = &t->link_of[node];
  if (d[node] == UINT16_MAX) return 0;
  for (uint32_t i = range->first; i < range->end && k < n; i++) {
    const struct mtr_sim_link *l = topo_link(t, i);
    if (l->cost && d[l->to] != UINT16_MAX && d[l->to] + l->cost == d[node])
      out[k++] = i;
  }
  return k;
}

uint32_t topo_ways(const struct mtr_sim *t, uint32_t node, unsigned family,
                   const uint8_t *dst, double ms, uint32_t *out, uint32_t n) {
  uint32_t k = own_ways(t, node, family, dst, ms, 1, out, n);
  if (!k) k = short_ways(t, node, family, dst, out, n);
  return k ? k : own_ways(t, node, family, dst, ms, 0, out, n);
}
