/* SPDX-License-Identifier: MIT
 *
 * receive.h: from a ring, or as raw does, and when it is which. The new
 * listener begins before the old one ends, so that nothing is missed; what both
 * have heard bears the very same stamp of the kernel, by which the repeat is
 * found and dropped.
 */
#ifndef PACKET_RECEIVE_H
#define PACKET_RECEIVE_H

#include "net/packet/state.h"

/* packet_receive: as in net_ops. */
uint32_t packet_receive(struct net *net, unsigned i, struct wire_reply *v,
                        uint32_t n, const struct net_clock *clock, int *more);

/* packet_shift: changes gear, if the load is such. packet_tune: has the rings
 * let in what raw's sockets would. 0 or a negative errno. */
void packet_shift(struct packet *p, int64_t now);
int packet_tune(struct packet *p);

/* packet_fresh: 1, and |r| is remembered; 0 if it is remembered: the same
 * packet, heard twice. A duplicate sent by the network has its own stamp. */
int packet_fresh(struct packet *p, const struct wire_reply *r,
                 const struct net_clock *clock);

#endif
