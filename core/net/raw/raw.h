/* SPDX-License-Identifier: MIT
 *
 * raw.h: the raw transport. It sends whole packets through sockets with
 * IP_HDRINCL and receives replies through raw ICMP, TCP and UDP sockets of each
 * family, filtered in the kernel. It needs CAP_NET_RAW only when the sockets
 * are opened.
 *
 * The kernel does not see the ports of such a packet, nor, before Linux 6.4,
 * its protocol. If rules of this host would route the real packet another way,
 * or another IPsec policy would apply to it (spd.h), traces are refused.
 */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "net/raw/state.h"

/* raw_sockets: opens the privileged descriptors, with |mark| on them unless it
 * is 0, and with filters that drop everything. 0; on -EPERM, -EMFILE none is
 * open. A family or protocol that this host lacks or refuses leaves -1, if one
 * family can send and receive; so do IPsec policies that this process must not
 * see. */
int raw_sockets(int32_t fd[RAW_SOCKETS], uint32_t mark);

/* raw_rest: makes used sockets like new ones: they drop everything. */
void raw_rest(const int32_t fd[RAW_FDS]);

/* raw_open: opens a transport over |fd| into |*net|, or, if |helped| is not
 * NULL, over the sockets of that helper; then |fd| are -1. |seed| chooses
 * |regions| echo identifiers and a block of ports. On success |fd| and |helped|
 * are taken over. */
int raw_open(struct net **net, const int32_t fd[RAW_SOCKETS],
             struct helped *helped, uint64_t seed, uint32_t regions);

/* For a transport with a raw transport inside: */

/* raw_init: does the same in |raw|, all zero, whose ops the caller may replace.
 * 0; on a negative errno |fd| is still the caller's. raw_end: ends it; |keep|
 * as in net_ops' close. */
int raw_init(struct raw *raw, const int32_t fd[RAW_SOCKETS], uint64_t seed,
             uint32_t regions);
void raw_end(struct raw *raw, int32_t *keep);

/* raw_forget: leaves |fd|, which raw_init has taken over, to the caller. */
void raw_forget(struct raw *raw, const int32_t fd[RAW_SOCKETS]);

/* raw_follow: returns 0, or -EOPNOTSUPP and |r|->why: an IPsec policy is for
 * the packet that |r| describes, but not for the probe that raw sends. */
int raw_follow(const struct raw *raw, struct net_route *r);

/* raw_hear: lets replies to |protocol| over |family| pass the filters. */
void raw_hear(struct raw *raw, int family, int protocol);

/* raw_hush: |quiet| 1: no socket listens from now on; 0: those of raw_hear
 * do. */
void raw_hush(struct raw *raw, int quiet);

/* raw_usable: returns 0, or a negative errno and |r|->why: there are no sockets
 * for |r|, or they cannot be read. */
int raw_usable(const struct raw *raw, struct net_route *r);

/* raw_fds, raw_route, raw_reserve: see net_ops. */
void raw_fds(struct net *net, int fd[NET_FDS]);
int raw_route(struct net *net, struct net_route *r);
int raw_reserve(struct net *net, int protocol, uint16_t port);

#endif
