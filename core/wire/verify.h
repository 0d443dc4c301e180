/* SPDX-License-Identifier: MIT
 *
 * verify.h: what a receiver in the kernel would not have let through: damaged
 * packets, and those from addresses that nobody can have. TCP and UDP checksums
 * are not looked at: the network card or a virtual link may yet have to fill
 * them in.
 */
#ifndef WIRE_VERIFY_H
#define WIRE_VERIFY_H

#include "wire/record.h"

#include <stddef.h>

/* wire_intact: whether the checksums of the IPv4 header, unless |trusted|, and
 * of the ICMP message fit the |n| bytes at |p|, of |whole| that arrived. What
 * is not all there, a fragment or cut, passes. */
int wire_intact(const uint8_t *p, size_t n, size_t whole, int trusted);

/* wire_possible: whether |r| can come from a router or host: not from a group,
 * a broadcast, reserved or the unspecified address of IPv6, and from loopback
 * only to loopback. 0.0.0.0 passes: routers without an address use it. */
int wire_possible(const struct wire_reply *r);

#endif
