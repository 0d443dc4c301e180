/* SPDX-License-Identifier: MIT
 *
 * raw.h: the raw transport: whole packets out through header-included sockets,
 * replies in through raw ICMP, TCP and UDP sockets of each family, filtered in
 * the kernel. Needs CAP_NET_RAW when its sockets are opened and never again.
 *
 * The kernel does not look into such a packet for its ports, nor before Linux
 * 6.4 for its protocol. Where a rule of this host goes by these, and another
 * way than the packet would, traces are refused; IPsec policies for single
 * ports are not followed.
 */
#ifndef RAW_RAW_H
#define RAW_RAW_H

#include "net/raw/state.h"

/* raw_sockets: opens the privileged descriptors, with |mark| on them unless 0,
 * and filters that let nothing in. 0 or -EPERM, -EMFILE; then none is open. A
 * family or protocol that this host lacks or refuses leaves -1, as long as
 * there is one family that sends and hears. */
int raw_sockets(int32_t fd[RAW_FDS], uint32_t mark);

/* raw_open: a transport over |fd| in |*net|, identities from |seed|: |regions|
 * echo identifiers and a block of ports. |fd| is taken over unless it fails. */
int raw_open(struct net **net, const int32_t fd[RAW_FDS], uint64_t seed,
             uint32_t regions);

/* For a transport that has one within: */

/* raw_init: the same in |raw|, all zero, whose ops the caller may replace. 0 or
 * a negative errno; then |fd| is still the caller's. raw_end: ends it; |keep|
 * as in net_ops' close. */
int raw_init(struct raw *raw, const int32_t fd[RAW_FDS], uint64_t seed,
             uint32_t regions);
void raw_end(struct raw *raw, int32_t *keep);

/* raw_hear: lets replies to |protocol| over |family| in. */
void raw_hear(struct raw *raw, int family, int protocol);

/* raw_hush: from now on no socket listens; or, |quiet| 0, those that are to. */
void raw_hush(struct raw *raw, int quiet);

/* raw_usable: 0, or a negative errno and |r|->why: there are no sockets for
 * |r|, or none can be read. */
int raw_usable(const struct raw *raw, struct net_route *r);

/* raw_fds, raw_route, raw_reserve: as in net_ops. */
void raw_fds(struct net *net, int fd[NET_FDS]);
int raw_route(struct net *net, struct net_route *r);
int raw_reserve(struct net *net, int protocol, uint16_t port);

#endif
