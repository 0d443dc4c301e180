/* SPDX-License-Identifier: MIT
 *
 * fib_table.h: routes in the order in which they are looked at, and the places
 * of next hops.
 */
#ifndef PACKET_FIB_TABLE_H
#define PACKET_FIB_TABLE_H

#include "net/packet/fib_state.h"

/* fib_clear: an empty table. fib_add: puts |r| in its place. 0, or -E2BIG: the
 * table is full, or cannot be told in it, and is not simple any more. */
void fib_clear(struct fib_table *t);
int fib_add(struct fib_table *t, const struct fib_route *r);

/* fib_match: the best route to |dst|, NULL none. */
struct fib_route *fib_match(struct fib_table *t, const uint8_t dst[16]);

/* fib_hash: of an address and a link. */
uint32_t fib_hash(const uint8_t addr[16], uint32_t link);

/* fib_place: where the hop to |addr| over |link| is, or would be. */
struct fib_hop *fib_place(struct fib *f, int family, const uint8_t addr[16],
                          uint32_t link);

#endif
