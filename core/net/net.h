/* SPDX-License-Identifier: MIT
 *
 * net.h: what a transport is: records in, records out, and descriptors to wait
 * on. It makes the system calls of the network and no others, and has no clock:
 * the loop passes the time in, and lends its own for the stamps of a send.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include <stddef.h>
#include <stdint.h>

#include "wire/record.h"

enum {
  NET_FDS = 12,          /* room for the descriptors of a transport */
  NET_ROUTE_NS = 1000000000              /* how long a route is good */
};
enum { NET_CALL = -1 };  /* see net_ops' tick */

struct net;

/* What to find out before a trace starts. */
struct net_route {
  uint8_t dst[16];
  uint8_t src[16];       /* all zero: by destination; out: the one to use */
  uint8_t family;
  uint8_t protocol;      /* WIRE_ICMP ... */
  uint8_t tos;
  uint16_t sport, dport; /* of the first probe; 0 not known */
  int64_t now;           /* ns; an answer may be up to a second old */
  uint8_t broadcast;     /* 1: such a target is allowed */
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

/* net_stamp: when |n| packets left that one call took, from |start| to |end|:
 * as if it had spent the same time on all of them, and let each go in the
 * middle of that. A call that took much longer than is |usual| for a packet, ns
 * (0: the first one; kept here), was interrupted. By no more than an interrupt
 * takes: then before they left, as is mostly so. By another program: nobody
 * knows, so they are taken to have left early. Then an RTT may be too long, as
 * with every tracer, but never much shorter than the path can be. */
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

/* net_stamp_early: the same where a call may contain the answers to what it
 * sends, as on a path of some microseconds: no packet is taken to have left
 * later than it can have. */
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

  /* route: source address of |r|. 0 or -ENETUNREACH, -EADDRNOTAVAIL, -EACCES
   * (broadcast), -EAFNOSUPPORT, -EPERM (mark), -ENODEV, -EOPNOTSUPP, -EPIPE
   * (the helper is gone for good). */
  int (*route)(struct net *net, struct net_route *r);

  /* reserve: makes |port| ours for |protocol|, so that no other program of this
   * host gets it and the kernel does not answer for it. 0 or -EADDRINUSE,
   * -EMFILE. Ports stay ours until close. */
  int (*reserve)(struct net *net, int protocol, uint16_t port);

  /* send: sends |v|[|n|] and writes an outcome for each; returns how many were
   * dealt with: fewer when the kernel takes no more now (ENOBUFS, EAGAIN). */
  uint32_t (*send)(struct net *net, const struct wire_probe *v, uint32_t n,
                   struct net_sent *sent);

  /* receive: up to |n| replies from descriptor number |i| into |v|, whose ext
   * pointers are good until the next call. |*more|: there may be others. */
  uint32_t (*receive)(struct net *net, unsigned i, struct wire_reply *v,
                      uint32_t n, const struct net_clock *clock, int *more);

  /* resolve: the addresses of |name| into |v|[|n|], only |dst| and |family|;
   * returns how many there are, or a negative errno. |v|[0].now: when it may be
   * told, ns, 0 at once. NULL: the system's resolver knows. */
  int (*resolve)(struct net *net, const char *name, unsigned family,
                 struct net_route *v, uint32_t n);

  /* resolved: the system's resolver gave |n| addresses of |name|, or |error|,
   * an errno; they are being told. NULL: of no interest. */
  void (*resolved)(struct net *net, const char *name, unsigned family,
                   const struct net_route *v, uint32_t n, int error);

  /* tick: moves |at| on: for a step, which is due at |due| (ns), or for a call
   * from outside, NET_CALL. Between ticks the time stands still. NULL: time is
   * the system's, or virtual without steps of its own. */
  void (*tick)(struct net *net, int64_t due);

  /* finish: writes what is still to be written of a recording. 0, or a negative
   * errno of the first failure. NULL: there is none. */
  int (*finish)(struct net *net);

  /* deadline: when receive has to be called though nothing is readable, ns;
   * INT64_MAX never. NULL: never at all. A transport that has one says so too,
   * or is readable, when it takes probes again that it did not. */
  int64_t (*deadline)(struct net *net);

  /* fds: the descriptors to wait on, to be read when readable; -1 for none. */
  void (*fds)(struct net *net, int fd[NET_FDS]);

  /* close: frees it. Privileged descriptors that it had go to |keep|, unless
   * NULL, where they were in mtr_sockets. */
  void (*close)(struct net *net, int32_t *keep);
};

/* The head of every transport. */
struct net {
  const struct net_ops *ops;
  uint32_t caps;         /* MTR_CAP_* */
  double drops;          /* packets lost in full socket buffers */
  double malformed;      /* packets damaged, or from impossible addresses */
  double detours;        /* probes that took the slow way, and ... */
  const char *detour;    /* ... why the last of them did; NULL none. Static */
  const char *lack;      /* what this host or its keeper refuses; NULL nothing.
                          * Static */
  int broken;            /* errno; nothing can be received any more; 0 */
  uint32_t load;         /* probes outstanding; the loop's, before it sends */
  uint16_t port_base;    /* block of source ports */
  uint16_t echo_base;    /* echo identifiers, one per region */
  int64_t (*now)(void);  /* ns, monotonic; the loop's, to stamp what is sent */
  int virtual;           /* 1: its time is |at|, which the loop moves on */
  int64_t at;            /* ns; of a transport with ticks too */
  int64_t slack;         /* ns that it may be late: things come together */
  int64_t epoch;         /* ns; with ticks: time of day where |at| is 0 */
  double unrecorded;     /* records that a recording lacks */
  double unreplayed;     /* probes that the recording replayed does not hold */
};

enum { NET_PORTS = 1024 };  /* ports of the block */

#endif
