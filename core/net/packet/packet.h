/* SPDX-License-Identifier: MIT
 *
 * packet.h: the packet transport, the fast gear of raw, and built around it.
 * While few probes are outstanding it is raw, whose sockets tell of each reply
 * at once, unless it is eager. While many are, probes go straight to the link,
 * addressed to the next hop that the kernel would take (fib.h), and replies
 * come from rings (ring.h).
 *
 * A probe that cannot go this way goes raw's, for that destination only, and is
 * counted; out of a link unlike Ethernet (PPP, GRE) all do. So does one a
 * second to each next hop, to have the kernel confirm that the hop is still
 * there. Rings receive the replies to these like any others.
 *
 * What leaves this way has not been seen by the host's own firewall or address
 * translation, and by IPsec neither: so what a policy may be for goes raw's way
 * (spd.h). Connection tracking does not know it either, and may
 * have the firewall drop the answers: so raw's sockets, which are behind that,
 * are never relied on for them. What comes by a ring has not been reassembled:
 * of a reply in fragments the first counts, whose size is then told as the
 * reply's; nor has the kernel looked at a checksum: we do (wire/verify.h).
 *
 * Needs CAP_NET_RAW when its sockets are opened and never again.
 */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include "net/packet/state.h"

/* packet_sockets: opens the privileged descriptors that it needs besides raw's,
 * in their places of |fd|, with |mark| on them unless 0, on no packet's path.
 * 0 or -EPERM, -EMFILE, -EAFNOSUPPORT; then none of them is open. That of the
 * policies may be -1 all the same. */
int packet_sockets(int32_t fd[PACKET_FDS], uint32_t mark);

/* packet_open: as raw_open, with PACKET_FDS descriptors; at |now|. */
int packet_open(struct net **net, const int32_t fd[PACKET_FDS], uint64_t seed,
                uint32_t regions, int eager, int64_t now);

#endif
