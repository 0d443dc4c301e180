/* SPDX-License-Identifier: MIT
 *
 * state.h: what a packet transport holds.
 */
#ifndef PACKET_STATE_H
#define PACKET_STATE_H

#include "net/packet/fib_state.h"
#include "net/packet/ring.h"
#include "net/packet/spd.h"
#include "net/raw/state.h"

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

#endif
