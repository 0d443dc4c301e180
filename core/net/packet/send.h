/* SPDX-License-Identifier: MIT
 *
 * send.h: a batch is laid out one packet behind the other, each addressed to
 * its next hop, and handed to the kernel in runs; in between, what has to go
 * raw's way does. A refusal that is of the way, not of the packet, is not
 * believed: raw tries it, and what the kernel says then is the outcome.
 */
#ifndef PACKET_SEND_H
#define PACKET_SEND_H

#include "net/packet/state.h"

/* packet_send_new: the buffers; NULL: out of memory. packet_send: as in
 * net_ops. */
struct packet_buffers *packet_send_new(void);
uint32_t packet_send(struct net *net, const struct wire_probe *v, uint32_t n,
                     struct net_sent *sent);

#endif
