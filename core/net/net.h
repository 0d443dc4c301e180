/* SPDX-License-Identifier: MIT
 *
 * net.h: what a transport is: it takes probes and gives replies, as structs,
 * and has descriptors to wait on. It makes only the system calls of the
 * network. It reads no clock: the loop passes the time in, and lends its clock
 * for the time stamps of a send.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

enum {
  NET_FDS = 12,          /* room for the descriptors of a transport */
  NET_ROUTE_NS = 1000000000              /* how long a route may be used */
};
enum { NET_CALL = -1 };  /* see net_ops' tick */

struct net;

/* A question about a route, and its answer. */
struct net_route {
  uint8_t dst[16];
  uint8_t src[16];       /* all zero: by destination; out: the one to use */
  uint8_t family;
  uint8_t protocol;      /* WIRE_ICMP ... */
  uint8_t tos;
  uint16_t sport, dport; /* of the first probe; 0 not known */
  int64_t now;           /* ns; the answer may be up to a second old */
  uint8_t broadcast;     /* 1: broadcast and multicast are allowed */
  uint32_t interface;    /* index, 0 any */
  uint32_t mark;
  const char *why;       /* out, of an error: more about it, or NULL; borrowed
                          * until the next question */
};

/* The outcome of one send. */
struct net_sent {
  int64_t at;            /* ns; when it left */
  uint16_t size;         /* bytes of the packet */
  uint16_t error;        /* errno, 0 sent */
};

/* net_stamp: estimates when |n| packets left that one call sent, from |start|
 * to |end|: each packet took an equal part of the call and left in the middle
 * of it. |usual| is the usual time of a packet, ns; 0: not yet known; it is
 * kept here. A call that took much longer was interrupted. If it lasted no
 * longer than an interrupt takes, the packets left after it, as is mostly so.
 * If another program ran, they are said to have left before it: then an RTT may
 * be too long, as with every tracer, but it is never too short. */
static inline void net_stamp(struct net_sent *sent, int n, int64_t start,
                             int64_t end, int64_t *usual) {
  enum { FIRST_NS = 20000, INTERRUPT_NS = 50000, FASTER = 8, SLOWER = 64,
         MUCH = 2 };
  if (n < 1) return;
  int64_t share = (end - start) / n;
  if (!*usual) *usual = share < FIRST_NS ? share : FIRST_NS;
  if (share > MUCH * *usual) {
    *usual += *usual / SLOWER + 1;
    share = *usual;
    if (end - start < share * n + INTERRUPT_NS) start = end - share * n;
  } else {
    *usual += (share - *usual) / (share < *usual ? FASTER : SLOWER);
  }
  for (int i = 0; i < n; i++) sent[i].at = start + share * (2 * i + 1) / 2;
}

/* net_stamp_early: does the same where answers may come before the call has
 * returned, as on a path of some microseconds: each packet gets the earliest
 * time at which it can have left. */
static inline void net_stamp_early(struct net_sent *sent, int n, int64_t start,
                                   int64_t end, int64_t *usual) {
  net_stamp(sent, n, start, end, usual);
  int64_t share = n > 0 ? (end - start) / n : 0;
  if (share > *usual) share = *usual;
  for (int i = 0; i < n; i++) sent[i].at = start + share * i;
}

/* The time of a batch, as the loop knows it. */
struct net_clock {
  int64_t now;           /* ns, monotonic */
  int64_t offset;        /* ns, real time minus monotonic */
};

struct net_ops {
  const char *name;

  /* route: finds the source address for |r|. 0 or -ENETUNREACH, -EADDRNOTAVAIL,
   * -EACCES (broadcast), -EAFNOSUPPORT, -EPERM (mark), -ENODEV, -EOPNOTSUPP,
   * -EPIPE (the helper program has ended and cannot be started again). */
  int (*route)(struct net *net, struct net_route *r);

  /* reserve: reserves |port| for |protocol| until close, so that no other
   * program gets it and the kernel does not answer for it. 0 or -EADDRINUSE,
   * -EMFILE. */
  int (*reserve)(struct net *net, int protocol, uint16_t port);

  /* send: sends |v|[|n|] and writes the outcome of each into |sent|. Returns
   * how many have an outcome: fewer if the kernel takes no more (ENOBUFS,
   * EAGAIN). */
  uint32_t (*send)(struct net *net, const struct wire_probe *v, uint32_t n,
                   struct net_sent *sent);

  /* receive: reads up to |n| replies from descriptor number |i| into |v|; their
   * ext pointers are valid until the next call. |*more|: there may be more. */
  uint32_t (*receive)(struct net *net, unsigned i, struct wire_reply *v,
                      uint32_t n, const struct net_clock *clock, int *more);

  /* resolve: writes the addresses of |name| into |dst| and |family| of
   * |v|[|n|]. Returns how many there are, or a negative errno. |v|[0].now: when
   * to report them, ns; 0: at once. NULL: use the system's resolver. */
  int (*resolve)(struct net *net, const char *name, unsigned family,
                 struct net_route *v, uint32_t n);

  /* name_of: returns the name of |addr|, borrowed until the next call; NULL: it
   * has none. NULL: no address has a name. */
  const char *(*name_of)(struct net *net, const uint8_t *addr, unsigned family);

  /* resolved: notes that the system's resolver found |n| addresses of
   * |name|, or gave the errno |error|. NULL: not needed. */
  void (*resolved)(struct net *net, const char *name, unsigned family,
                   const struct net_route *v, uint32_t n, int error);

  /* tick: moves |at| on: for a step that is due at |due| (ns), or for a call of
   * the user, NET_CALL. Between ticks the time does not move. NULL: the time is
   * the system's, or virtual time that the loop moves. */
  void (*tick)(struct net *net, int64_t due);

  /* finish: completes a recording. 0, or the negative errno of the first
   * failure. NULL: there is no recording. */
  int (*finish)(struct net *net);

  /* deadline: returns when to call receive even if nothing is readable, ns;
   * INT64_MAX: not now. NULL: never. When a transport with this function has
   * refused probes, it is due or readable when it takes probes again. */
  int64_t (*deadline)(struct net *net);

  /* fds: writes the descriptors to wait on for reading; -1: none. */
  void (*fds)(struct net *net, int fd[NET_FDS]);

  /* close: frees the transport. Its privileged descriptors go to |keep|, unless
   * that is NULL, at the places that mtr_sockets uses. */
  void (*close)(struct net *net, int32_t *keep);
};

/* The head of every transport. */
struct net {
  const struct net_ops *ops;
  uint32_t caps;         /* MTR_CAP_* */
  double drops;          /* packets lost in full socket buffers */
  double malformed;      /* packets damaged, or from impossible addresses */
  double detours;        /* probes that packet let raw send */
  const char *detour;    /* why the last of them; NULL: none. Static */
  const char *lack;      /* what this host or its administrator refuses; NULL:
                          * nothing. Static */
  int forked;            /* 1: this process is a forked child of the one that
                          * opened it: close only frees and closes, and changes
                          * nothing that both share */
  int broken;            /* errno: it can receive no more; 0: it can. Probes
                          * whose time ends then have failed */
  int64_t unheard;       /* ns; its helper program does not answer and was last
                          * heard then; 0: it answers, or there is none. Probes
                          * whose time ends later are not given up meanwhile */
  uint32_t load;         /* probes outstanding; the loop sets it before sends */
  int64_t soonest;       /* ns; the least time between a send and its answer
                          * since the send before; 0: none came. The loop sets
                          * it before sends */
  int64_t flooded[WIRE_STRAYS];      /* ns; when many stray errors last
                                      * came, by kind; 0: never. The loop sets
                                      * it before it receives */
  uint16_t port_base;    /* block of source ports */
  uint16_t echo_base;    /* echo identifiers, one per region */
  int64_t (*now)(void);  /* ns, monotonic; the loop's clock, for sends */
  int virtual;           /* 1: its time is |at|, which the loop moves on */
  int64_t at;            /* ns; also of a transport with ticks */
  int64_t slack;         /* ns that steps may be late, to be fewer */
  int64_t epoch;         /* ns; with ticks: time of day where |at| is 0 */
  double unrecorded;     /* records that the recording lacks */
  double unreplayed;     /* probes that the replayed recording does not have */
};

enum { NET_PORTS = 1024 };  /* ports of the block */

#endif
