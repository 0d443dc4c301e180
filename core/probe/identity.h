/* SPDX-License-Identifier: MIT
 *
 * identity.h: what a probe has on the wire that nobody can guess. Its place in
 * the probe table becomes two numbers, by two secret permutations: one goes
 * into the transport header, the other into the IPv4 identification; each gives
 * the place back. Where the protocol has room, a packet has more secret bits.
 * Half of a TCP number also depends on the generation and the destination of
 * the probe, so it differs when the place is used again. The ICMP checksum and
 * the IPv6 flow label depend on the destination and the flow.
 *
 * The permutations are drawn by keyed_hash: some of their numbers say nothing
 * about the others. Wrong if the seed is known.
 */
#ifndef PROBE_IDENTITY_H
#define PROBE_IDENTITY_H

#include "probe/state.h"

/* identity_init: makes the permutations of |c| by its seed, none of their
 * numbers drawn yet. */
void identity_init(struct core *c);

/* identity_draw: draws the numbers of the first |places| places, before they
 * are used. Those that are drawn already stay. Tables grow step by step, and
 * few engines need all. */
void identity_draw(struct core *c, uint32_t places);

/* identity_grow: as table_grow, for a table of |c|, whose new places get their
 * numbers. */
int identity_grow(struct core *c, struct table *t, int64_t now);

/* identity_of: returns the identity on the wire of the probe at |place|, 1 to
 * TABLE_REGION. */
static inline uint16_t identity_of(const struct core *c, uint32_t place) {
  return (uint16_t)(c->identity->id[place] + 1);
}

/* identity_place: returns the place of the probe with the identity |id|. */
static inline uint32_t identity_place(const struct core *c, uint32_t id) {
  return c->identity->place[(id - 1) & (TABLE_REGION - 1)];
}

/* identity_ip: returns the IPv4 identification of the probe at |place|: odd, so
 * that one that a box has raised by 1 is no other probe's. */
static inline uint16_t identity_ip(const struct core *c, uint32_t place) {
  return (uint16_t)(c->identity->ip_id[place] << 1 | 1);
}

/* identity_ip_place: returns the place of the probe with the odd identification
 * |ip_id|. */
static inline uint32_t identity_ip_place(const struct core *c,
                                         uint32_t ip_id) {
  return c->identity->ip_place[ip_id >> 1 & (TABLE_REGION - 1)];
}

/* identity_low: returns the lower half of the TCP number of |p|: never 0, and
 * below 0x8000, so that what is acknowledged never changes the upper half. */
static inline uint16_t identity_low(const struct core *c,
                                    const struct probe *p) {
  uint64_t h = keyed_hash(&c->identity->key,
                          (uint64_t)p->handle << 32 | p->dst);
  return (uint16_t)(1 + (h >> 32) % 0x7fff);
}

/* identity_port: returns a number that chooses the source port to the
 * destination |dst| (table_fold). */
static inline uint32_t identity_port(const struct core *c, uint32_t dst) {
  return (uint32_t)keyed_hash(&c->identity->key, dst | 1ull << 40);
}

/* identity_base: returns what the ICMP checksums of all flows to the
 * destination |dst| (table_fold) start from: below 0xe000. A trace keeps it. */
static inline uint16_t identity_base(const struct core *c, uint32_t dst) {
  return (uint16_t)((keyed_hash(&c->identity->key, dst) >> 32) % 0xe000u);
}

/* identity_label_base: returns what the IPv6 flow labels of all flows to the
 * destination |dst| (table_fold) start from: 20 bits. A trace keeps it. */
static inline uint32_t identity_label_base(const struct core *c, uint32_t dst) {
  return keyed_hash(&c->identity->key, dst | 1ull << 41) & 0xfffff;
}

/* identity_label: returns the constant IPv6 flow label of |flow| of |t|. Of
 * ICMP, which has a secret checksum, the lowest four bits are no secret. */
static inline uint32_t identity_label(const struct trace *t, unsigned flow) {
  const struct opts *o = t->opts;
  uint32_t low = o->protocol == MTR_ICMP ? 0 : t->base;
  uint32_t base = (uint32_t)t->label << 4 | low;
  return (o->flow_label + base + flow - o->flow) & 0xfffff;
}

/* identity_label_secret: returns 1 if the flow labels of |t| are drawn, not the
 * user's. */
static inline int identity_label_secret(const struct trace *t) {
  return t->label || (t->opts->protocol != MTR_ICMP && t->base);
}

/* identity_checksum: returns the constant ICMP checksum of |flow|, by
 * identity_base: never 0 or 0xffff, which are one number on the wire. */
static inline uint16_t identity_checksum(uint32_t base, unsigned flow) {
  return (uint16_t)(0x1000 + (base + flow) % 0xe000u);
}

/* identity_dport: returns the destination port of a probe of |t| in |flow|; of
 * ICMP its checksum. */
static inline uint16_t identity_dport(const struct trace *t, unsigned flow) {
  return t->opts->protocol == MTR_ICMP ? identity_checksum(t->base, flow)
                                       : t->opts->dport;
}

#endif
