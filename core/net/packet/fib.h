/* SPDX-License-Identifier: MIT
 *
 * fib.h: where the kernel would send a packet: out of which link, to which
 * neighbour, of which hardware address; kept current by its announcements.
 *
 * Hosts with the usual policy (tables local, main, default) and few routes have
 * them copied here, and looking one up costs no system call. On others the
 * kernel is asked, for each destination once a second. What the kernel keeps
 * for single destinations (redirects, path MTUs) is not seen.
 *
 * A next hop is good for the fast way only where this can be known to be what
 * the kernel would do: one link, of Ethernet or of none but IP, with a resolved
 * neighbour. Everything else has a reason, a static text. A link is asked about
 * once for all destinations beyond it, for it may have no gateway.
 */
#ifndef PACKET_FIB_H
#define PACKET_FIB_H

#include "net/packet/fib_state.h"

/* fib_flow: sets |f|->flow for a packet, where it matters. */
void fib_flow(struct fib *f, int family, int protocol, uint16_t sport,
              uint16_t dport, uint8_t tos);

/* fib_find: the route to |dst|, or NULL if there is none. Borrowed until the
 * next call. */
struct fib_route *fib_find(struct fib *f, int family, const uint8_t dst[16],
                           int64_t now);

/* fib_hop: the next hop of |route| to |dst|; its |why| says if it is no good.
 * NULL with |*why| if the route or its link is not one to take. Borrowed
 * likewise. */
struct fib_hop *fib_hop(struct fib *f, int family, const uint8_t dst[16],
                        const struct fib_route *route, const char **why,
                        int64_t now);

#endif
