/* SPDX-License-Identifier: MIT
 *
 * mtrpacket.h: the transport that has mtr-packet do the sending: child
 * processes with the privilege that we lack. It gives who answered and how long
 * it took, and MPLS labels; no quotes, no ICMP codes, no sub-second timeouts of
 * its own, no answers of open UDP ports; a TCP time of a second or more may be
 * that of a second SYN. A child that dies or hangs ends its probes with an
 * error and is started again, each time later, until it is given up.
 *
 * UDP probes to one destination all go through the same child: to another one
 * that counts its probes alike, their answers would look like its own.
 */
#ifndef MTRPACKET_MTRPACKET_H
#define MTRPACKET_MTRPACKET_H

#include "mtr.h"
#include "net/net.h"

enum { MTRPACKET_WORKERS = 8 };

/* At most: which of them depends on the program. */
enum {
  MTRPACKET_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
                   MTR_CAP_IPV6 | MTR_CAP_EXT | MTR_CAP_PORTS4 | MTR_CAP_PORTS6
};

/* mtrpacket_open: a transport over |workers| children of the program at |path|,
 * which is copied. Waits up to two seconds for them to say what they can do, by
 * |now| (ns, monotonic). Errors: -ENOENT, -EACCES (not to be executed), -EPERM
 * (it has not the privilege), -EPROTO (not mtr-packet), -EPIPE (it ended),
 * -ETIMEDOUT, -ENOMEM. |why|[|size|] says more, of success too. */
int mtrpacket_open(struct net **net, const char *path, unsigned workers,
                   uint64_t seed, int64_t (*now)(void), char *why, size_t size);

#endif
