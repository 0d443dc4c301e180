/* SPDX-License-Identifier: MIT
 *
 * nat.c: the old address and port are kept with the packet, not in a table of
 * the translator. That is enough because only one host is behind it.
 */
#include "net/sim/nat.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/proto.h"
#include "wire/record.h"
#include "wire/reply.h"

enum { PORT_CHANGE = 0x1a55 };

static unsigned word(const uint8_t *p) { return (unsigned)p[0] << 8 | p[1]; }

/* Changes one word of a packet, and the checksum at |check| unless NULL. */
static void set_word(uint8_t *p, unsigned value, uint8_t *check) {
  unsigned before = word(p);
  put_u16(p, value);
  if (!check || before == value) return;
  unsigned sum = checksum_update((uint16_t)word(check), (uint16_t)before,
                                 (uint16_t)value);
  put_u16(check, sum);
}

/* Returns the place of the transport checksum of |p|; NULL if it lies beyond
 * |n| bytes or is not used. */
static uint8_t *check_of(uint8_t *p, size_t n) {
  size_t at = wire_head(p);
  int protocol = wire_protocol(p);
  at += protocol == WIRE_ICMP ? 2 : protocol == WIRE_UDP ? 6 : 16;
  if (at + 2 > n) return NULL;
  if (protocol == WIRE_UDP && !word(p + at)) return NULL;   /* RFC 768 */
  return p + at;
}

/* Returns the place of the source port or the echo identifier, or, without
 * |source|, the place of the destination port. NULL: beyond |n| bytes. */
static uint8_t *port_at(uint8_t *p, size_t n, int source) {
  size_t at = wire_head(p);
  if (wire_protocol(p) == WIRE_ICMP) at += 4;
  else if (!source) at += 2;
  return at + 2 <= n ? p + at : NULL;
}

/* Replaces the source or destination of |p|[|n|] by |addr| and |port|. */
static void rewrite(uint8_t *p, size_t n, int source, const uint8_t *addr,
                    unsigned port) {
  int v4 = p[0] >> 4 == 4;
  uint8_t *at = (uint8_t *)(uintptr_t)(source ? wire_src(p) : wire_dst(p));
  uint8_t *check = check_of(p, n), *its = port_at(p, n, source);
  int covered = !v4 || wire_protocol(p) != WIRE_ICMP;
  for (int i = 0; i < (v4 ? 4 : 16); i += 2)
    set_word(at + i, word(addr + i), covered ? check : NULL);
  if (its) set_word(its, port, check);
  wire_patch(p);
}

static const uint8_t *outside(const struct mtr_sim *t, uint32_t node,
                              const uint8_t *packet) {
  static const uint8_t none[16];
  const struct mtr_sim_node *v = topo_node(t, node);
  const uint8_t *addr = packet[0] >> 4 == 4 ? v->nat4 : v->nat6;
  return memcmp(addr, none, sizeof none) ? addr : NULL;
}

void nat_out(const struct mtr_sim *t, struct trip *trip) {
  const uint8_t *addr = outside(t, trip->node, trip->packet);
  if (!addr || trip->nats == TRIP_NATS) return;
  struct trip_nat *nat = &trip->nat[trip->nats++];
  uint8_t *p = trip->packet, *port = port_at(p, trip->size, 1);
  *nat = (struct trip_nat){.node = trip->node, .port = (uint16_t)word(port)};
  memcpy(nat->addr, wire_src(p), p[0] >> 4 == 4 ? 4 : 16);
  int change = topo_node(t, trip->node)->flags & MTR_SIM_NAT_PORTS;
  rewrite(p, trip->size, 1, addr,
          change ? nat->port ^ (unsigned)PORT_CHANGE : nat->port);
}

/* Whether |p| is an ICMP error, which quotes a packet. */
static int quotes(const uint8_t *p) {
  unsigned type = p[wire_head(p)];
  if (wire_protocol(p) != WIRE_ICMP) return 0;
  return p[0] >> 4 == 4 ? type != PROTO_ECHO_REPLY : type < PROTO_ECHO6;
}

int nat_in(const struct mtr_sim *t, struct trip *trip) {
  if (!trip->nats || trip->nat[trip->nats - 1].node != trip->node) return 0;
  const struct trip_nat *nat = &trip->nat[--trip->nats];
  uint8_t *p = trip->packet;
  if (!quotes(p)) {
    rewrite(p, trip->size, 0, nat->addr, nat->port);
    return 1;
  }
  size_t head = wire_head(p), at = head + PROTO_ICMP_HEADER;
  int v4 = p[0] >> 4 == 4, keeps =
      (topo_node(t, trip->node)->flags & MTR_SIM_NAT_QUOTES) != 0;
  memcpy((uint8_t *)(uintptr_t)wire_dst(p), nat->addr, v4 ? 4 : 16);
  if (!keeps) rewrite(p + at, trip->size - at, 1, nat->addr, nat->port);
  put_u16(p + head + 2, 0);
  uint64_t sum = checksum_add(0, p + head, trip->size - head);
  if (!v4)
    sum += checksum_pseudo(6, wire_src(p), wire_dst(p), PROTO_ICMPV6,
                           trip->size - head);
  put_u16(p + head + 2, checksum_balance(sum));
  wire_patch(p);
  return 1;
}
