/* SPDX-License-Identifier: MIT
 *
 * fib_load.h: reads rules, routes, links and neighbours from the kernel into
 * the tables of fib_state.h. If a rule or route does not fit into the tables,
 * the kernel is asked for each destination of its family.
 */
#ifndef PACKET_FIB_LOAD_H
#define PACKET_FIB_LOAD_H

#include "net/packet/fib_state.h"

/* fib_open: reads the tables. 0 or a negative errno. fib_close: frees them. */
int fib_open(struct fib *f, uint32_t mark, int64_t now);
void fib_close(struct fib *f);

/* fib_fd: returns the descriptor that is readable when there are announcements.
 * fib_hear: takes them in. */
int fib_fd(const struct fib *f);
void fib_hear(struct fib *f);

/* fib_load: reads the tables again and forgets everything else. */
void fib_load(struct fib *f, int64_t now);

/* fib_query: asks the kernel for the route to |dst|; |r|->way is FIB_NONE if
 * there is none. */
void fib_query(struct fib *f, int family, const uint8_t dst[16],
               struct fib_route *r);

/* fib_ask_link: asks the kernel about the link |l|->index. fib_resolve: asks it
 * for the neighbour |h|, on a link with neighbours. */
void fib_ask_link(struct fib *f, struct fib_link *l, int64_t now);
void fib_resolve(struct fib *f, struct fib_hop *h, int64_t now);

#endif
