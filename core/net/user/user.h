/* SPDX-License-Identifier: MIT
 *
 * user.h: the transport without any privilege: ICMP through ping sockets
 * (echo.h), UDP through ordinary sockets (datagram.h), TCP by connect
 * (connect.h). The kernel keeps the ICMP errors about what these sockets send.
 *
 * ICMP is paris. UDP and TCP are not, because each of their probes needs a
 * different source port to be recognized. It has no quotes, because the kernel
 * does not pass the quoted IP header. It cannot set flow labels, source ports
 * or marks, and of TCP it sends only a plain SYN.
 *
 * If descriptors, ports or memory are used up, the probe waits, and so do those
 * behind it.
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
