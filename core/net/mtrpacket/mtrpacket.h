/* SPDX-License-Identifier: MIT
 *
 * mtrpacket.h: the transport that sends through mtr-packet: child processes
 * that have the privilege which we lack. A reply has the address that answered,
 * the round-trip time and MPLS labels. It has no quote and no ICMP code.
 * Timeouts of mtr-packet are whole seconds, and it sees no answers of open UDP
 * ports. A TCP time of a second or more may belong to a second SYN.
 *
 * When a child dies or hangs, its probes end with an error, and it is started
 * again after a pause. The pauses grow, and after several failures in a row the
 * child is given up.
 *
 * All UDP probes to one destination go through the same child. Every child
 * counts its probes in the same way, so another child would take their answers
 * for answers to its own probes.
 */
#ifndef MTRPACKET_MTRPACKET_H
#define MTRPACKET_MTRPACKET_H

#include "mtr.h"
#include "net/net.h"

enum { MTRPACKET_WORKERS = 8 };

/* All that it may be able to do; the program in use decides how much. */
enum {
  MTRPACKET_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
                   MTR_CAP_IPV6 | MTR_CAP_EXT | MTR_CAP_PORTS4 | MTR_CAP_PORTS6
};

/* mtrpacket_open: opens a transport over |workers| children of the program at
 * |path|, which is copied; |starter| starts them, as in child_start_by. Waits
 * for them to say what they can do, up to two seconds for each round of
 * questions, measured by |now| (ns, monotonic). Errors: -ENOENT, -EACCES (it
 * may not be executed), -EPERM (it lacks its privilege), -EPROTO (it is not
 * mtr-packet), -EPIPE (it ended), -ETIMEDOUT, -ENOMEM. |why|[|size|] receives a
 * text, also on success. */
int mtrpacket_open(struct net **net, const char *path, unsigned workers,
                   int starter, uint64_t seed, int64_t (*now)(void),
                   char *why, size_t size);

#endif
