/* SPDX-License-Identifier: MIT
 *
 * receive.h: receives from a ring or like raw, and changes between them. The
 * new listener begins before the old one ends, so that nothing is missed. A
 * packet that both have received has the same time stamp, so the second one is
 * found and dropped.
 */
#ifndef PACKET_RECEIVE_H
#define PACKET_RECEIVE_H

#include "net/packet/state.h"

/* packet_receive: see net_ops. */
uint32_t packet_receive(struct net *net, unsigned i, struct wire_reply *v,
                        uint32_t n, const struct net_clock *clock, int *more);

/* packet_shift: changes the gear if the load has changed. packet_tune: gives
 * the rings the filters of the raw sockets. 0 or a negative errno. */
void packet_shift(struct packet *p, int64_t now);
int packet_tune(struct packet *p);

/* packet_fresh: returns 0 if |r| is the same packet, received twice; else
 * returns 1 and remembers |r|. A duplicate from the network has another time
 * stamp. */
int packet_fresh(struct packet *p, const struct wire_reply *r,
                 const struct net_clock *clock);

#endif
