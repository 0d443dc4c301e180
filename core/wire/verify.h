/* SPDX-License-Identifier: MIT
 *
 * verify.h: finds packets that the kernel itself would drop: damaged ones, and
 * ones from impossible addresses. TCP and UDP checksums are not checked,
 * because a network card or a virtual link may fill them in later.
 */
#ifndef WIRE_VERIFY_H
#define WIRE_VERIFY_H

#include "wire/record.h"

#include <stddef.h>

/* wire_intact: returns 1 if the checksums of the IPv4 header (unless |trusted|)
 * and of the ICMP message are right in |p|[|n|], of |whole| bytes that arrived.
 * Packets that are not complete (a fragment, or cut) pass. */
int wire_intact(const uint8_t *p, size_t n, size_t whole, int trusted);

/* wire_possible: returns 1 if |r| can come from a router or host. Impossible
 * are multicast, broadcast and reserved addresses, the unspecified address of
 * IPv6, and loopback unless it goes to loopback. 0.0.0.0 passes: routers
 * without an address use it. */
int wire_possible(const struct wire_reply *r);

/* wire_sender_possible: does it for a reply of |family| from |from| to |to|.
 * Where the address that the reply went to is not known, give the probe's
 * destination: replies to a probe to loopback come from there. */
int wire_sender_possible(int family, const uint8_t from[16],
                         const uint8_t to[16]);

#endif
