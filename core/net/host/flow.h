/* SPDX-License-Identifier: MIT
 *
 * flow.h: routes on a host with rules for protocols, ports or kinds of service
 * ("ip rule add ipproto udp dport 53 ..."). It asks the kernel for the route of
 * a packet like the probe, and whether the transport sends along that route. It
 * looks for such rules at most once a second; without them it asks nothing.
 */
#ifndef HOST_FLOW_H
#define HOST_FLOW_H

#include "net/host/netlink.h"
#include "net/host/route.h"

/* What a transport lets the kernel know about a packet that it sends. */
enum flow_known {
  FLOW_NOTHING,          /* its destination; and the kind of service */
  FLOW_PROTOCOL,         /* ... and the protocol */
  FLOW_PORTS             /* ... and the ports */
};

struct flow {
  struct netlink ask;
  int64_t at;            /* ns; of ... */
  int special[2];        /* 1: there are such rules; IPv4, IPv6 */
  int known;             /* 0: not yet looked */
};

/* flow_other: returns a protocol other than |protocol|. A question needs some
 * protocol, also for packets whose protocol the kernel does not know. */
static inline uint8_t flow_other(uint8_t protocol) {
  return protocol == WIRE_ICMP ? WIRE_TCP : WIRE_ICMP;
}

/* flow_init: begins without open sockets. flow_close: closes them. */
void flow_init(struct flow *f);
void flow_close(struct flow *f);

/* flow_matters: returns 1 if the rules of |family| look at more than addresses,
 * marks and interfaces. */
int flow_matters(struct flow *f, int family, int64_t now);

/* flow_route: does route_find for the flow that |q| describes. The transport
 * lets the kernel know |known|; if that leads along another route, -EOPNOTSUPP
 * and |q|->why. */
int flow_route(struct flow *f, struct route *r, struct net_route *q,
               enum flow_known known);

#endif
