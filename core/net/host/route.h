/* SPDX-License-Identifier: MIT
 *
 * route.h: finds the source address that the kernel uses for a destination, and
 * whether there is a route to it. It connects a datagram socket, which sends
 * nothing and needs no privilege.
 */
#ifndef HOST_ROUTE_H
#define HOST_ROUTE_H

#include "net/net.h"

enum { ROUTE_CACHE = 64 };

struct route {
  int fd4, fd6;          /* for questions without options; -1: not yet open */
  struct route_answer {
    struct net_route question, answer;
    int error;
    int valid;           /* 0: empty */
  } cache[ROUTE_CACHE];  /* by destination; an entry is used for a second */
};

/* route_init: begins without open sockets. route_close: closes them. */
void route_init(struct route *r);
void route_close(struct route *r);

/* route_find: fills in |q|->src, or checks the one given. Errors of net_ops'
 * route. If the route leads nowhere, |q|->why (static) says so. */
int route_find(struct route *r, struct net_route *q);

/* route_reason: returns more about the error |err| of a route, or NULL. */
const char *route_reason(int err);

/* route_poke: makes the kernel find or confirm the neighbour |addr| on |link|:
 * it sends an empty datagram to the discard port, which no router forwards. */
void route_poke(int family, const uint8_t addr[16], uint32_t link);

/* route_is_group: returns 1 if |q|->dst is a multicast or broadcast address. */
int route_is_group(const struct net_route *q);

/* route_ask: does route_find with the socket |fd| and its options. |fd| has the
 * family of |q| and must not be connected. */
int route_ask(int fd, struct net_route *q);

/* route_mtu: returns the size of the largest packet to |q|->dst without
 * fragments, as far as this host knows, or a negative errno. */
int route_mtu(const struct net_route *q);

/* route_lost: returns why nothing can be sent to |dst|, now that this host has
 * lost the source address: the errno that its routes give, or EADDRNOTAVAIL.
 * |link|: the interface, 0 any. */
int route_lost(struct route *r, int family, const uint8_t dst[16],
               uint32_t link);

/* route_sockaddr: writes |addr| of |family| as a socket address into |out|
 * (with room for a sockaddr_in6) and returns its size. |scope|: the interface
 * of a link-local address. */
unsigned route_sockaddr(void *out, int family, const uint8_t addr[16],
                        uint16_t port, uint32_t scope);

#endif
