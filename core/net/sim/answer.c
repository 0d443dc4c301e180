/* SPDX-License-Identifier: MIT */
#include "net/sim/answer.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/proto.h"
#include "wire/record.h"
#include "wire/reply.h"

/* Returns the address that the node of |trip| answers from; NULL: it has none.
 * |itself| 1: normally the node's address; 0: the packet's destination. */
static const uint8_t *from(const struct sim *s, const struct trip *trip,
                           int itself) {
  const struct mtr_sim_node *node = topo_node(s->topo, trip->node);
  unsigned family = trip->packet[0] >> 4;
  switch (node->reply_from) {
  case MTR_SIM_FROM_TARGET:
    return wire_dst(trip->packet);
  case MTR_SIM_FROM_SOURCE:
    return topo_address(s->topo, s->topo->source, family);
  case MTR_SIM_FROM_OTHER:
    return family == 4 ? node->other4 : node->other6;
  default:
    return itself ? topo_address(s->topo, trip->node, family)
                  : wire_dst(trip->packet);
  }
}

static struct wire_manner manner(const struct mtr_sim_node *node) {
  return (struct wire_manner){
      .quote = node->quote, .ttl = node->quoted_ttl, .size = node->quoted_size,
      .id = node->quoted_id, .check = node->quoted_check,
      .ext_length = node->ext_length, .ext = node->ext, .chain = node->chain,
      .ext_size = node->ext_size, .chain_size = node->chain_size,
      .ext_raw = node->ext_raw, .ext_summed = node->ext_summed,
      .chain_next = node->chain_next, .chain_last = node->chain_last};
}

/* Adds the MPLS labels that the packet came with (RFC 4950). Their TTL is 1 if
 * the tunnel copies the TTL of IP, otherwise (a hidden one) 254. */
static void put_labels(const struct sim *s, const struct trip *trip,
                       struct wire_error *e) {
  if (trip->came == TOPO_NONE) return;
  const struct mtr_sim_link *link = topo_link(s->topo, trip->came);
  e->labels = link->labels;
  for (unsigned i = 0; i < link->labels; i++)
    e->label[i] = link->label[i] << 12 |
                  (i + 1u == link->labels ? 1u << 8 : 0) |
                  (link->hidden ? 254 : 1);
}

static size_t error(struct sim *s, const struct trip *trip,
                    const struct trip_result *r) {
  const struct mtr_sim_node *node = topo_node(s->topo, trip->node);
  int v4 = trip->packet[0] >> 4 == 4;
  const uint8_t *addr = from(s, trip, r->end != TRIP_ARRIVED);
  struct wire_error e = {.ttl = node->reply_ttl, .code = (uint8_t)r->code};
  struct wire_manner m = manner(node);
  if (!addr || node->flags & MTR_SIM_SILENT) return 0;
  if (!trip->truth && limit_reached(&s->buckets[trip->node], node->reply_rate,
                                    node->reply_burst, trip->at))
    return 0;
  memcpy(e.from, addr, v4 ? 4 : 16);
  memcpy(e.to, wire_src(trip->packet), v4 ? 4 : 16);
  if (r->end == TRIP_EXPIRED) {
    e.type = v4 ? PROTO_EXCEEDED : PROTO_EXCEEDED6;
    if (node->icmp_type >= 0) e.type = (uint8_t)node->icmp_type;
    if (node->icmp_code >= 0) e.code = (uint8_t)node->icmp_code;
    put_labels(s, trip, &e);
  } else if (r->end == TRIP_TOO_BIG) {
    if (node->flags & MTR_SIM_NO_TOO_BIG) return 0;
    e.type = v4 ? PROTO_UNREACH : PROTO_TOO_BIG6;
    e.code = v4 ? PROTO_NEED_FRAGMENT : 0;
    e.word = node->mtu_said >= 0 ? (uint32_t)node->mtu_said : r->mtu;
  } else {
    e.type = v4 ? PROTO_UNREACH : PROTO_UNREACH6;
  }
  return wire_error(&m, &e, trip->packet, trip->size, s->in);
}

/* Whether the checksum of |trip| is right, checked as hosts do. UDP may omit it
 * over IPv4 (RFC 768), but not over IPv6 (RFC 8200 8.1). */
static int intact(const struct trip *trip) {
  const uint8_t *p = trip->packet, *q = p + wire_head(p);
  int family = p[0] >> 4, protocol = wire_protocol(p);
  size_t n = trip->size - wire_head(p);
  if (protocol == WIRE_UDP && !q[6] && !q[7]) return family == 4;
  uint64_t sum = checksum_add(0, q, n);
  if (family == 6 || protocol != WIRE_ICMP)
    sum += checksum_pseudo(family, wire_src(p), wire_dst(p),
                           protocol == WIRE_ICMP ? PROTO_ICMPV6 : protocol, n);
  return checksum_fold(sum) == 0xffff;
}

/* Returns the state of the port that |trip| is for. */
static unsigned port_state(const struct mtr_sim *t, const struct trip *trip) {
  const struct mtr_sim_node *node = topo_node(t, trip->node);
  const struct topo_range *range = &t->port_of[trip->node];
  const struct mtr_sim_port *v = t->ports.v;
  const uint8_t *p = trip->packet + wire_head(trip->packet);
  int protocol = wire_protocol(trip->packet), port = p[2] << 8 | p[3];
  for (uint32_t i = range->first; i < range->end; i++)
    if (v[i].port == port && v[i].protocol == protocol) return v[i].state;
  return protocol == WIRE_TCP ? node->tcp : node->udp;
}

/* Writes the answer of a port in the state |state|. */
static size_t serve(struct sim *s, const struct trip *trip, unsigned state) {
  const struct mtr_sim_node *node = topo_node(s->topo, trip->node);
  int protocol = wire_protocol(trip->packet), ttl = node->reply_ttl;
  const uint8_t *addr = from(s, trip, 0);
  if (state == MTR_SIM_FILTERED || !addr) return 0;
  if (protocol == WIRE_TCP)
    return wire_segment(addr, ttl, state == MTR_SIM_OPEN, node->mss,
                        trip->packet, s->in);
  if (protocol == WIRE_ICMP)
    return wire_pong(addr, ttl, node->altered, trip->packet, trip->size,
                     s->in);
  if (state == MTR_SIM_OPEN)
    return wire_datagram(addr, ttl, trip->packet, trip->size, s->in);
  struct trip_result port = {.end = TRIP_ARRIVED};   /* RFC 792, 4443 3.1 */
  port.code = trip->packet[0] >> 4 == 4 ? 3 : 4;
  return error(s, trip, &port);
}

size_t sim_answer(struct sim *s, const struct trip *trip,
                  const struct trip_result *r) {
  const struct mtr_sim_node *node = topo_node(s->topo, trip->node);
  switch (r->end) {
  case TRIP_ARRIVED:
    if (!intact(trip)) return 0;
    if (wire_protocol(trip->packet) != WIRE_ICMP)
      return serve(s, trip, port_state(s->topo, trip));
    return serve(s, trip, node->flags & MTR_SIM_NO_ECHO ? MTR_SIM_FILTERED
                                                        : MTR_SIM_OPEN);
  case TRIP_SERVED:
    return serve(s, trip, r->code);
  case TRIP_EXPIRED: case TRIP_UNREACH: case TRIP_TOO_BIG:
    return error(s, trip, r);
  default:
    return 0;
  }
}
