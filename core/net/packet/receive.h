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

/* packet_fresh: returns 0 if the other kind of socket had |r| already; else
 * returns 1 and remembers |r|. |ring|: 1 if a ring had it now, 0 if a raw
 * socket. A packet has the same time stamp in both sockets, except for the
 * first packets after the kernel has begun to stamp. Duplicates that the
 * network makes have different time stamps, so each is reported once. */
int packet_fresh(struct packet *p, const struct wire_reply *r, int ring,
                 const struct net_clock *clock);

#endif
