/* SPDX-License-Identifier: MIT
 *
 * send.h: sends the packets of an engine, if they may be sent (guard.h).
 */
#ifndef SOCKETS_SEND_H
#define SOCKETS_SEND_H

#include "sockets/state.h"

/* send_packets: sends the |size| bytes of packets in |s|->asked. 0, or a
 * negative errno if it is no such message; what became of each packet is in
 * |s|->answer. */
int send_packets(struct serve *s, size_t size);

#endif
