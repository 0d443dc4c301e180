/* SPDX-License-Identifier: MIT
 *
 * user.h: the transport without any privilege: ICMP through ping sockets
 * (echo.h), UDP through ordinary sockets (datagram.h), TCP by connect
 * (connect.h). The kernel keeps the ICMP errors about what these sockets send.
 *
 * ICMP is paris. UDP and TCP are not, as each of their probes needs a source
 * port of its own to be told. What it cannot do either: quotes, as the kernel
 * keeps the quoted IP header to itself; flow labels, source ports, marks, TCP
 * probes other than a plain SYN.
 *
 * Descriptors, ports and memory that are used up make probes wait, and those
 * behind them.
 */
#ifndef USER_USER_H
#define USER_USER_H

#include "net/net.h"

/* user_open: opens the transport into |*net| for at most |regions| regions of
 * probes, whose replies are welcome |late| ns after their timeout. |now| reads
 * the clock. 0, -EMFILE, -ENOMEM. */
int user_open(struct net **net, uint64_t seed, uint32_t regions, int64_t late,
              int64_t (*now)(void));

#endif
