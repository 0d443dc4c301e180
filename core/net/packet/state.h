/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of a packet transport.
 */
#ifndef PACKET_STATE_H
#define PACKET_STATE_H

#include "net/packet/fib_state.h"
#include "net/packet/ring.h"
#include "net/raw/state.h"

enum packet_fd {
  PACKET_4 = RAW_SOCKETS,    /* behind raw's, as mtr_sockets orders them */
  PACKET_6,
  PACKET_FDS,
  PACKET_NEWS = PACKET_FDS   /* of the fib; not privileged */
};

/* Which transport sends, and which listens. */
enum packet_gear {
  PACKET_SLOW,           /* raw sends, raw listens */
  PACKET_RISING,         /* packet sends, both listen */
  PACKET_FAST,           /* packet sends, the rings listen */
  PACKET_FALLING         /* raw sends, both listen, for answers to packet. The
                          * slow gear if |eager|, where packet sends */
};

enum { PACKET_SEEN_BITS = 14, PACKET_SEEN = 1 << PACKET_SEEN_BITS };

struct packet_buffers;   /* of send; private to its file */

struct packet {
  struct raw raw;        /* first */
  int fd[2];             /* of IPv4, IPv6; -1 none */
  struct ring ring[2];
  int tuned[2];          /* 1: the ring has its filter and receives */
  struct fib fib;
  struct packet_buffers *out;
  uint8_t (*ext)[RING_SNAP];  /* extensions of a batch, whose blocks are gone */
  enum packet_gear gear;
  int eager;             /* 1: packet sends even if few are outstanding */
  int deaf;              /* 1: rings do not work here */
  int64_t since;         /* ns; when the gear began */
  int64_t from, until;   /* ns; both listened in this time */
  struct packet_seen {
    int64_t at;          /* ns of the time of day */
    uint32_t who;
    int32_t lead;        /* how many more times a ring had it than a socket */
  } seen[PACKET_SEEN];   /* by hash; entries older than |from| are not used */
};

#endif
