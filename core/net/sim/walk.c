/* SPDX-License-Identifier: MIT
 *
 * walk.c: each node checks, in this order, if the packet is for it, if the TTL
 * runs out, and if a filter takes it. Otherwise the packet goes over a link to
 * the next node. The order is that of Linux: a filter never sees a packet whose
 * TTL has run out.
 */
#include "net/sim/walk.h"

#include <string.h>

#include "net/sim/chance.h"
#include "net/sim/nat.h"
#include "wire/proto.h"
#include "wire/record.h"
#include "wire/reply.h"

enum {
  STEPS = 1024,          /* end of a packet whose TTL no node decrements */
  WAYS = 64              /* most links to choose from */
};

static unsigned family_of(const uint8_t *packet) { return packet[0] >> 4; }

static uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *p, size_t n) {
  uint32_t word;
  for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
    memcpy(&word, p, sizeof word);
    h = mix(h + word + 0x9e3779b97f4a7c15u);
  }
  return h;
}

/* Returns the hash of a load balancer. It covers the destination and, as |by|
 * says, the source and the IPv6 flow label, and then the first four bytes of
 * the transport header (the ports; for ICMP type, code and checksum). */
static uint32_t hash(const struct trip *trip, unsigned by, uint64_t salt) {
  const uint8_t *p = trip->packet;
  size_t head = wire_head(p), size = family_of(p) == 4 ? 4 : 16;
  uint64_t h = mix_bytes(mix(salt), wire_dst(p), size);
  if (by == MTR_SIM_BY_TARGET) return (uint32_t)(h >> 32);
  h = mix_bytes(h, wire_src(p), size);
  if (family_of(p) == 6) {
    uint8_t label[4] = {0, p[1] & 0xf, p[2], p[3]};
    h = mix_bytes(h, label, 4);
  }
  if (by == MTR_SIM_BY_LABEL) return (uint32_t)(h >> 32);
  h = mix_bytes(h + (uint64_t)wire_protocol(p), p + head, 4);
  return (uint32_t)(h >> 32);
}

/* Returns the link that |trip| takes, or TOPO_NONE. */
static uint32_t next_link(struct sim *s, const struct trip *trip) {
  const struct mtr_sim *t = s->topo;
  unsigned by = topo_node(t, trip->node)->balance;
  double ms = (double)(trip->at - SIM_START) / 1e6;
  uint32_t ways[WAYS];
  uint32_t n = topo_ways(t, trip->node, family_of(trip->packet),
                         wire_dst(trip->packet), ms, ways, WAYS);
  if (n < 2) return n ? ways[0] : TOPO_NONE;
  if (by == MTR_SIM_BY_PACKET && !trip->truth)
    return ways[rand_below(&s->rand, n)];
  uint64_t salt = (uint64_t)t->seed << 32 | trip->node;
  return ways[(uint64_t)hash(trip, by, salt) * n >> 32];
}

static unsigned port_of(const struct trip *trip) {
  const uint8_t *p = trip->packet + wire_head(trip->packet);
  return wire_protocol(trip->packet) == WIRE_ICMP ? 0
                                                  : (unsigned)p[2] << 8 | p[3];
}

/* Returns the filter that takes |trip|, or NULL. */
static const struct mtr_sim_filter *filter(struct sim *s,
                                           const struct trip *trip) {
  const struct topo_range *range = &s->topo->filter_of[trip->node];
  const struct mtr_sim_filter *v = s->topo->filters.v;
  for (uint32_t i = range->first; i < range->end; i++) {
    const struct mtr_sim_filter *f = &v[i];
    if (f->protocol && f->protocol != wire_protocol(trip->packet)) continue;
    if (f->port && f->port != port_of(trip)) continue;
    if (f->family && (f->family != family_of(trip->packet) ||
                      !topo_within(wire_dst(trip->packet), f->addr, f->bits)))
      continue;
    if (f->share >= 1 || (!trip->truth && chance_of(&s->rand, f->share)))
      return f;
  }
  return NULL;
}

static struct trip_result filtered(const struct mtr_sim_filter *f) {
  struct trip_result r = {.end = TRIP_SERVED, .code = f->answer};
  if (f->answer == MTR_SIM_UNREACH) r.end = TRIP_UNREACH;
  if (f->answer == MTR_SIM_REFUSE) r.end = TRIP_REFUSED;
  if (r.end != TRIP_SERVED) r.code = f->code;
  return r;
}

static void set_tos(uint8_t *p, int tos) {
  if (family_of(p) == 4) {
    p[1] = (uint8_t)tos;
    return;
  }
  p[0] = (uint8_t)(0x60 | tos >> 4);
  p[1] = (uint8_t)((p[1] & 0xf) | tos << 4);
}

/* Decrements the TTL as the node forwards |trip|. Returns 0 if it runs out. */
static int live_on(const struct mtr_sim *t, struct trip *trip) {
  const struct mtr_sim_node *node = topo_node(t, trip->node);
  uint8_t *ttl = wire_ttl(trip->packet);
  int hidden = trip->came != TOPO_NONE && topo_link(t, trip->came)->hidden;
  if (!hidden && !(node->flags & MTR_SIM_NO_DECREMENT)) {
    if (*ttl <= 1 && !(node->flags & MTR_SIM_ZERO_TTL && *ttl)) return 0;
    --*ttl;
  }
  if (node->set_ttl >= 0) *ttl = (uint8_t)node->set_ttl;
  if (node->set_tos >= 0) set_tos(trip->packet, node->set_tos);
  wire_patch(trip->packet);
  return 1;
}

static int may_fragment(const uint8_t *p) {
  return family_of(p) == 4 && !((p[6] << 8 | p[7]) & PROTO_IPV4_DF);
}

/* Takes |trip| over link |i|. Returns 0 if it gets lost. */
static int cross(struct sim *s, struct trip *trip, uint32_t i) {
  const struct mtr_sim_link *link = topo_link(s->topo, i);
  trip->at += (int64_t)(link->delay * 1e6);
  trip->node = link->to;
  trip->came = i;
  if (trip->truth) return 1;
  if (chance_of(&s->rand, link->loss)) return 0;
  trip->at += chance_ns(&s->rand, link->jitter);
  if (chance_of(&s->rand, link->reorder))
    trip->at += (int64_t)((2 * link->delay + 2 * link->jitter + 1) * 1e6);
  if (chance_of(&s->rand, link->duplicate)) trip->copies++;
  return 1;
}

/* Whether |trip| is for the node where it is. Answers that a translator knows
 * are translated and go on. */
static int arrived(const struct mtr_sim *t, struct trip *trip) {
  uint32_t owner = topo_owner(t, family_of(trip->packet),
                              wire_dst(trip->packet));
  if (owner != trip->node) return 0;
  return !trip->back || !nat_in(t, trip);
}

struct trip_result sim_walk(struct sim *s, struct trip *trip) {
  const struct mtr_sim *t = s->topo;
  struct trip_result r = {.end = TRIP_LOST};
  for (int step = 0; step < STEPS; step++) {
    int origin = trip->came == TOPO_NONE, here = arrived(t, trip);
    if (!here && !origin && !live_on(t, trip)) {
      r.end = TRIP_EXPIRED;
      return r;
    }
    const struct mtr_sim_filter *f = trip->back ? NULL : filter(s, trip);
    if (f) return filtered(f);
    if (here) {
      r.end = TRIP_ARRIVED;
      return r;
    }
    uint32_t way = next_link(s, trip);
    if (way == TOPO_NONE) {            /* RFC 1812 5.2.7.1, RFC 4443 3.1 */
      r.end = TRIP_UNREACH;
      return r;
    }
    if (!trip->back) nat_out(t, trip);
    const struct mtr_sim_link *link = topo_link(t, way);
    if (link->mtu && trip->size > link->mtu && !may_fragment(trip->packet)) {
      r.end = TRIP_TOO_BIG;
      r.mtu = link->mtu;
      return r;
    }
    if (!cross(s, trip, way)) return r;
  }
  return r;
}
