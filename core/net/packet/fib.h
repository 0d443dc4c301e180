/* SPDX-License-Identifier: MIT
 *
 * fib.h: finds where the kernel would send a packet: the link, the neighbour
 * and its hardware address. Announcements of the kernel keep this up to date.
 *
 * On hosts with the usual policy (tables local, main, default) and few routes,
 * the routes are copied, and a lookup needs no system call. On other hosts the
 * kernel is asked once a second for each destination. Redirects and path MTUs
 * of single destinations are not seen.
 *
 * packet sends to a next hop only if it is certain that the kernel would send
 * there: over one link, Ethernet or plain IP, to a resolved neighbour. In all
 * other cases there is a reason, a static text. The kernel is asked about a
 * link once for all destinations, because a link may have no gateway.
 */
#ifndef PACKET_FIB_H
#define PACKET_FIB_H

#include "net/packet/fib_state.h"

/* fib_flow: sets |f|->flow for a packet, if rules look at it. */
void fib_flow(struct fib *f, int family, int protocol, uint16_t sport,
              uint16_t dport, uint8_t tos);

/* fib_find: returns the route to |dst|, or NULL if there is none. Borrowed
 * until the next call. */
struct fib_route *fib_find(struct fib *f, int family, const uint8_t dst[16],
                           int64_t now);

/* fib_hop: returns the next hop of |route| to |dst|; its |why|, unless NULL,
 * says why packet cannot use it. Returns NULL and sets |*why| if the route or
 * its link cannot be used. Borrowed in the same way. */
struct fib_hop *fib_hop(struct fib *f, int family, const uint8_t dst[16],
                        const struct fib_route *route, const char **why,
                        int64_t now);

#endif
