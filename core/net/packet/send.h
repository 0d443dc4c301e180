/* SPDX-License-Identifier: MIT
 *
 * send.h: builds a batch of packets one behind the other, each addressed to its
 * next hop, and gives them to the kernel in runs; between the runs raw sends
 * the other probes. If the kernel refuses a packet because of its path, raw
 * tries it again, and the outcome is that of raw.
 */
#ifndef PACKET_SEND_H
#define PACKET_SEND_H

#include "net/packet/state.h"

/* packet_send_new: returns the buffers; NULL: out of memory. packet_send: see
 * net_ops. */
struct packet_buffers *packet_send_new(void);
uint32_t packet_send(struct net *net, const struct wire_probe *v, uint32_t n,
                     struct net_sent *sent);

#endif
