/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of the transport user: a few ping sockets for all ICMP
 * probes, a pool of UDP sockets that probes share, and a TCP socket for each
 * SYN.
 */
#ifndef USER_STATE_H
#define USER_STATE_H

#include <sys/socket.h>

#include "base/keyed.h"
#include "base/rand.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "mtr.h"
#include "net/host/flow.h"
#include "net/host/route.h"
#include "net/net.h"

enum {
  USER_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
              MTR_CAP_IPV6 | MTR_CAP_EXT | MTR_CAP_TSTAMP | MTR_CAP_PAYLOAD |
              MTR_CAP_CHECKSUM
};

enum {
  USER_REGIONS = 16,     /* echo identifiers: one for each region of probes */
  USER_POOL = 512,       /* most UDP sockets of a family */
  USER_HASH = 1 << 14,   /* places of the table of UDP probes */
  USER_BATCH = 64,       /* messages read at once */
  USER_SNAP = 2048,      /* bytes kept of each; more than an ICMP error has */
  USER_CONTROL = 512,    /* bytes for its control messages */
  USER_DATA = 65536,     /* bytes of the largest packet, and 1 */
  USER_HEAD = 48,        /* room for the headers of a quote in front of it */
  USER_NONCE = 8         /* bytes in a UDP probe that nobody can guess */
};

enum { USER_4, USER_6 };               /* index of a family */

/* A probe that the transport remembers: of UDP or TCP. */
struct user_slot {
  uint32_t next;         /* slot of the same place of the table; first: see
                          * slab.h */
  uint32_t handle;       /* of the probe */
  struct timer timer;    /* UDP: its port is reserved for it until then; TCP:
                          * then the attempt ends */
  int64_t sent;          /* ns */
  uint8_t dst[16];
  uint8_t nonce[USER_NONCE];           /* UDP: bytes behind the payload */
  int fd;                /* TCP: its socket */
  uint16_t dport;
  uint16_t socket;       /* UDP: which one of the pool */
  uint16_t payload_size; /* UDP: where |nonce| begins */
  uint8_t nonce_size;    /* UDP: bytes of it that the probe had room for */
  uint8_t family;        /* USER_4, USER_6 */
  uint8_t error;         /* TCP: errno that connect gave at once; 0 none */
  uint8_t answered;      /* UDP: 1: it has had an answer */
  uint8_t pad[6];
};

/* What epoll says is ready: the kind in the upper half, in the lower one the
 * region, the socket of the pool, or the slot; family * USER_POOL is added. */
enum { USER_ECHO, USER_UDP, USER_TCP };

struct user_in;          /* messages read; private to queue.c */
struct user_out;         /* pings to send; private to echo.c */

struct user {
  struct net net;        /* first */
  struct route route;
  struct flow flow;
  struct rand rand;
  struct keyed key;      /* makes the bytes that nobody can guess */
  uint64_t count;        /* how many UDP probes it has made them for */
  int epoll;
  int limit;             /* no descriptor of ours is this high */
  int64_t late;          /* ns; how long after its timeout a reply is welcome */
  int echo[2][USER_REGIONS];           /* ping sockets; -1: none */
  int closed[2];         /* 0, or the negative errno of opening them */
  int none[2];           /* 0, or that of any socket of the family */
  uint8_t df[2][USER_REGIONS];         /* 1: they forbid fragments now */
  unsigned regions;
  struct user_pool {
    int fd[USER_POOL];   /* -1: closed */
    uint32_t used[USER_POOL];          /* slots that reserve it */
    uint16_t port[USER_POOL];
    uint8_t df[USER_POOL];
    unsigned count;      /* places used, from 0 on */
    unsigned most;       /* how many there may be */
  } pool[2];
  struct slab slots;     /* of struct user_slot */
  uint32_t *table;       /* [USER_HASH]: first slot of UDP with this place */
  struct wheel kept;     /* of UDP slots; nothing happens when they end */
  struct wheel live;     /* of TCP slots */
  uint32_t streams;      /* TCP sockets open */
  int64_t refused;       /* ns; first refusal in a row; 0: none */
  int64_t retry;         /* ns; when to try again; INT64_MAX: none refused */
  int64_t usual;         /* see net_stamp */
  uint32_t unread;       /* probes sent since all answers were read */
  int single;            /* 1: recvmmsg is refused: use recvmsg */
  struct user_in *in;
  struct user_out *out;
  uint8_t *data;         /* [USER_DATA]: of the UDP probe under way */
  char why[200];         /* the reason of the last refusal */
};

/* user_slot: returns slot |i|. */
static inline struct user_slot *user_slot(const struct user *u, uint32_t i) {
  return slab_at(&u->slots, i);
}

/* user_wait: notes that a probe was refused at |now| because something is used
 * up, and is to be offered again. Returns 0 when that has lasted too long. */
static inline int user_wait(struct user *u, int64_t now) {
  enum { RETRY_NS = 5000000 };
  static const int64_t patience = 20000000000;
  if (!u->refused) u->refused = now;
  u->retry = now + RETRY_NS;
  return now - u->refused < patience;
}

/* user_took: notes that a probe was taken. */
static inline void user_took(struct user *u) {
  u->refused = 0;
  u->retry = INT64_MAX;
}

#endif
