/* SPDX-License-Identifier: MIT
 *
 * flow.h: routes on a host whose rules go by protocol, port or kind of service
 * ("ip rule add ipproto udp dport 53 ..."): the kernel is asked for the way of
 * a packet just like the probe, and whether what sends the probe goes that way.
 * Whether there are such rules is known as of a second ago; where there are
 * none nothing is asked.
 */
#ifndef HOST_FLOW_H
#define HOST_FLOW_H

#include "net/host/netlink.h"
#include "net/host/route.h"

/* What the kernel is told of a packet by who sends it. */
enum flow_told {
  FLOW_NOTHING,          /* its destination; and the kind of service */
  FLOW_PROTOCOL,         /* ... and the protocol */
  FLOW_PORTS             /* ... and the ports */
};

struct flow {
  struct netlink ask;
  int64_t at;            /* ns; of ... */
  int special[2];        /* 1: there are such rules; IPv4, IPv6 */
  int known;             /* 0: never looked */
};

/* flow_other: a protocol that is not |protocol|, to ask for the way of a packet
 * of which the kernel does not know the protocol: it cannot be asked without
 * one. */
static inline uint8_t flow_other(uint8_t protocol) {
  return protocol == WIRE_ICMP ? WIRE_TCP : WIRE_ICMP;
}

/* flow_init: nothing opened yet. flow_close: closes what was. */
void flow_init(struct flow *f);
void flow_close(struct flow *f);

/* flow_matters: whether the rules of |family| go by more than addresses, marks
 * and interfaces. */
int flow_matters(struct flow *f, int family, int64_t now);

/* flow_route: as route_find, for the flow that |q| describes, sent by one who
 * tells |told|. -EOPNOTSUPP and |q|->why if that goes another way. */
int flow_route(struct flow *f, struct route *r, struct net_route *q,
               enum flow_told told);

#endif
