/* SPDX-License-Identifier: MIT
 *
 * fib_load.h: what the kernel says of rules, routes, links and neighbours, made
 * into what fib_state.h keeps of them. A rule or route that cannot be told
 * there makes its family one whose destinations are asked for.
 */
#ifndef PACKET_FIB_LOAD_H
#define PACKET_FIB_LOAD_H

#include "net/packet/fib_state.h"

/* fib_open: reads the tables. 0 or a negative errno. fib_close: frees. */
int fib_open(struct fib *f, uint32_t mark, int64_t now);
void fib_close(struct fib *f);

/* fib_fd: readable when there are announcements; fib_hear takes them in. */
int fib_fd(const struct fib *f);
void fib_hear(struct fib *f);

/* fib_load: reads the tables anew and forgets all else. */
void fib_load(struct fib *f, int64_t now);

/* fib_query: the kernel's route to |dst| in |*r|; its way is FIB_NONE without
 * one. */
void fib_query(struct fib *f, int family, const uint8_t dst[16],
               struct fib_route *r);

/* fib_ask_link: asks the kernel for the link |l|->index. fib_resolve: for the
 * neighbour |h| on a link that has some. */
void fib_ask_link(struct fib *f, struct fib_link *l, int64_t now);
void fib_resolve(struct fib *f, struct fib_hop *h, int64_t now);

#endif
