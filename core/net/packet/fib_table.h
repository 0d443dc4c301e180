/* SPDX-License-Identifier: MIT
 *
 * fib_table.h: a table of routes, in the order in which they are searched, and
 * the places of next hops.
 */
#ifndef PACKET_FIB_TABLE_H
#define PACKET_FIB_TABLE_H

#include "net/packet/fib_state.h"

/* fib_clear: empties the table. fib_add: inserts |r| in its place. Returns 0,
 * or -E2BIG if the table is full; then it is no longer |simple|. */
void fib_clear(struct fib_table *t);
int fib_add(struct fib_table *t, const struct fib_route *r);

/* fib_match: returns the best route to |dst|; NULL: none. */
struct fib_route *fib_match(struct fib_table *t, const uint8_t dst[16]);

/* fib_hash: returns a hash of an address and a link. */
uint32_t fib_hash(const uint8_t addr[16], uint32_t link);

/* fib_place: returns the place of the hop to |addr| over |link|. The place may
 * be empty or have another hop: the caller compares. */
struct fib_hop *fib_place(struct fib *f, int family, const uint8_t addr[16],
                          uint32_t link);

#endif
