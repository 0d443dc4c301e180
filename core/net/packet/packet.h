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

#include "net/packet/fib.h"
#include "net/raw/raw.h"
#include "net/packet/ring.h"
#include "net/packet/spd.h"

enum packet_fd {
  PACKET_SPD = RAW_FDS,  /* behind raw's, as mtr_sockets orders them */
  PACKET_4,
  PACKET_6,
  PACKET_FDS,
  PACKET_NEWS = PACKET_FDS   /* of the fib; not privileged */
};

/* Who sends, and who listens. */
enum packet_gear {
  PACKET_SLOW,           /* raw, and raw */
  PACKET_RISING,         /* packet, and both */
  PACKET_FAST,           /* packet, and the rings */
  PACKET_FALLING         /* raw, and both, for answers to what packet sent;
                          * the slow gear of one that is eager, who sends */
};

enum { PACKET_SEEN_BITS = 14, PACKET_SEEN = 1 << PACKET_SEEN_BITS };

struct packet_buffers;   /* of send; private to its file */

struct packet {
  struct raw raw;        /* first */
  int fd[2];             /* of IPv4, IPv6; -1 none */
  struct ring ring[2];
  int tuned[2];          /* whether the ring lets anything in */
  struct fib fib;
  struct spd spd;
  struct packet_buffers *out;
  uint8_t (*ext)[RING_SNAP];  /* extensions of a batch, whose blocks are gone */
  enum packet_gear gear;
  int eager;             /* 1: packet sends however few there are */
  int deaf;              /* 1: rings do not work here */
  int64_t since;         /* ns; of the gear */
  int64_t from, until;   /* ns; what came then, both may have heard: */
  struct packet_seen {
    int64_t at;          /* ns of the time of day */
    uint32_t who;
  } seen[PACKET_SEEN];   /* by hash; what is older than |from| is forgotten */
};

/* packet_sockets: opens the privileged descriptors that it needs besides raw's,
 * in their places of |fd|, with |mark| on them unless 0, on no packet's path.
 * 0 or -EPERM, -EMFILE, -EAFNOSUPPORT; then none of them is open. That of the
 * policies may be -1 all the same. */
int packet_sockets(int32_t fd[PACKET_FDS], uint32_t mark);

/* packet_open: as raw_open, with PACKET_FDS descriptors; at |now|. */
int packet_open(struct net **net, const int32_t fd[PACKET_FDS], uint64_t seed,
                uint32_t regions, int eager, int64_t now);

/* packet_start: see opening.h. */
int packet_start(struct net **net, struct net_opening *o);

/* The parts, in files of their own. */
struct packet_buffers *packet_send_new(void);
uint32_t packet_send(struct net *net, const struct wire_probe *v, uint32_t n,
                     struct net_sent *sent);
uint32_t packet_receive(struct net *net, unsigned i, struct wire_reply *v,
                        uint32_t n, const struct net_clock *clock, int *more);

/* packet_shift: changes gear, if the load is such. packet_tune: has the rings
 * let in what raw's sockets would. 0 or a negative errno. */
void packet_shift(struct packet *p, int64_t now);
int packet_tune(struct packet *p);

/* packet_fresh: 1, and |r| is remembered; 0 if it is remembered: the same
 * packet, heard twice. A duplicate sent by the network has its own stamp. */
int packet_fresh(struct packet *p, const struct wire_reply *r,
                 const struct net_clock *clock);

#endif
