/* SPDX-License-Identifier: MIT
 *
 * identity.h: the number that a probe has on the wire, made of its place in the
 * probe table, and back. The numbers differ from engine to engine, so that two
 * engines do not take each other's replies. Probes sent one after the other
 * have numbers far apart: one that a box has raised by 1 is then not that of
 * the next probe.
 */
#ifndef PROBE_IDENTITY_H
#define PROBE_IDENTITY_H

#include "probe/state.h"

enum { IDENTITY_SPREAD = 14115, IDENTITY_GATHER = 12427 /* its inverse */ };

_Static_assert(IDENTITY_SPREAD * IDENTITY_GATHER % TABLE_REGION == 1,
               "one to one");

/* identity_of: the identity on the wire of the probe at |place|, 1 to
 * TABLE_REGION. */
static inline uint16_t identity_of(const struct core *c, uint32_t place) {
  uint32_t id = place * IDENTITY_SPREAD + c->salt;
  return (uint16_t)((id & (TABLE_REGION - 1)) + 1);
}

/* identity_place: the place of the probe with the identity |id|. */
static inline uint32_t identity_place(const struct core *c, uint32_t id) {
  return (id - 1 - c->salt) * IDENTITY_GATHER & (TABLE_REGION - 1);
}

/* identity_checksum: the constant ICMP checksum of |flow|: never 0 or 0xffff,
 * which are one number on the wire. */
static inline uint16_t identity_checksum(const struct core *c, unsigned flow) {
  return (uint16_t)(0x1000 + (c->cookie + flow) % 0xe000u);
}

#endif
