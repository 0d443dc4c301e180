/* SPDX-License-Identifier: MIT
 *
 * route.h: which source address the kernel would use towards a destination, and
 * whether it would go there at all. Asked by connecting a datagram socket,
 * which sends nothing and needs no privilege.
 */
#ifndef HOST_ROUTE_H
#define HOST_ROUTE_H

#include "net/net.h"

enum { ROUTE_CACHE = 64 };

struct route {
  int fd4, fd6;          /* kept for plain questions; -1 until needed */
  struct route_answer {
    struct net_route asked, told;
    int error;
    int valid;           /* 0: empty */
  } cache[ROUTE_CACHE];  /* by destination; an answer is good for a second */
};

/* route_init: nothing opened yet. route_close: closes what was. */
void route_init(struct route *r);
void route_close(struct route *r);

/* route_find: fills in |q|->src, or checks the one given. Errors as net_ops'
 * route says; |q|->why, static, tells of routes that lead nowhere. */
int route_find(struct route *r, struct net_route *q);

/* route_reason: what |err|, of a route alone, says; NULL: nothing more. */
const char *route_reason(int err);

/* route_poke: has the kernel find or confirm the neighbour |addr| on |link|, by
 * an empty datagram to its port for what is thrown away, which no router passes
 * on. */
void route_poke(int family, const uint8_t addr[16], uint32_t link);

/* route_is_group: whether |q|->dst is a multicast address, or everybody's. */
int route_is_group(const struct net_route *q);

/* route_ask: the same with the socket |fd| and whatever is set on it, of |q|'s
 * family, which must not be connected. */
int route_ask(int fd, struct net_route *q);

/* route_mtu: the largest packet that goes to |q|->dst unfragmented, as far as
 * this host knows, or a negative errno. */
int route_mtu(const struct net_route *q);

/* route_sockaddr: |addr| of |family| as a socket address in |out| (room for a
 * sockaddr_in6); returns its size. |scope|: interface of a link-local one. */
unsigned route_sockaddr(void *out, int family, const uint8_t addr[16],
                        uint16_t port, uint32_t scope);

#endif
