/* SPDX-License-Identifier: MIT
 *
 * packet.h: the packet transport, for high rates; it has a raw transport
 * inside. While few probes are outstanding it works like raw, whose sockets
 * report each reply at once (unless it is eager). While many are outstanding,
 * probes go directly to the link, addressed to the next hop that the kernel
 * would use (fib.h), and replies come from rings (ring.h).
 *
 * raw sends the probes that packet cannot send, and they are counted. That
 * concerns single destinations, or all behind a link unlike Ethernet (PPP,
 * GRE). raw also sends one probe a second to each next hop, so that the kernel
 * confirms that the hop is still there. Rings receive the replies to these
 * probes too.
 *
 * Probes of packet do not pass the firewall, the address translation or IPsec
 * of this host. So raw sends probes that an IPsec policy may apply to (spd.h).
 * Connection tracking does not know the probes, and the firewall may drop their
 * answers. The raw sockets are behind the firewall, so packet does not rely on
 * them for these answers. Packets in a ring are not reassembled: of a
 * fragmented reply only the first fragment counts, and its size is reported.
 * Their checksums are checked here (wire/verify.h), not by the kernel.
 *
 * It needs CAP_NET_RAW only when its sockets are opened.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include "net/packet/state.h"

/* packet_sockets: opens the privileged descriptors that it needs besides those
 * of raw, into their places of |fd|, with |mark| on them unless it is 0. They
 * do not receive yet. 0; on -EPERM, -EMFILE, -EAFNOSUPPORT none of them is
 * open. */
int packet_sockets(int32_t fd[PACKET_FDS], uint32_t mark);

/* packet_open: does what raw_open does, with PACKET_FDS descriptors, at
 * |now|. */
int packet_open(struct net **net, const int32_t fd[PACKET_FDS], uint64_t seed,
                uint32_t regions, int eager, int64_t now);

#endif
