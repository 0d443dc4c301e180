/* SPDX-License-Identifier: MIT
 *
 * fib_state.h: our copy of the kernel's routes, links and neighbours.
 */
#ifndef PACKET_FIB_STATE_H
#define PACKET_FIB_STATE_H

#include "net/host/netlink.h"

enum {
  FIB_ROUTES = 64, FIB_LINKS = 64, FIB_HOPS = 256, FIB_ANSWERS = 1024
};

enum fib_way {
  FIB_NONE,              /* no route, or one that refuses packets */
  FIB_LINK,              /* out of one link */
  FIB_HERE,              /* to this host, a group or a broadcast */
  FIB_BRANCHES,          /* several next hops */
  FIB_ODD,               /* a route with encapsulation, or of another kind */
  FIB_UNASKED            /* not known: too many destinations at once */
};

struct fib_route {
  uint64_t dst[2];       /* bytes in network order, like |mask| */
  uint64_t mask[2];
  uint32_t priority;     /* lower is better */
  uint32_t link;         /* index of the interface */
  uint8_t via[16];       /* all zero: the destination itself */
  uint8_t src[16];       /* source that the kernel takes; all zero: unknown */
  uint8_t bits;          /* length of the prefix */
  uint8_t rank;          /* of its table: 0 is searched first */
  uint8_t way;           /* enum fib_way */
};

/* The routes of one family, best first: the first that fits is used. */
struct fib_table {
  struct fib_route route[FIB_ROUTES];
  uint32_t count;
  int simple;            /* 1: it has all routes, and the policy is the usual */
  int by_flow;           /* 1: routes depend on protocol, ports or TOS */
};

struct fib_link {
  uint32_t index;        /* 0: an empty place */
  uint32_t mtu;
  uint8_t bare;          /* 1: no link header and no neighbours (plain IP) */
  int64_t asked;         /* ns; when the kernel was asked about it */
  const char *why;       /* why packet cannot use it; NULL: it can */
};

struct fib_hop {
  uint8_t addr[16];      /* all zero: the other end of a bare link */
  uint32_t link;
  uint8_t family;        /* 4, 6; 0: an empty place */
  uint8_t known;         /* 1: packets can be sent to it */
  uint8_t lasting;       /* 1: its hardware address never expires */
  uint8_t size;          /* bytes in |hardware|; 0: the link has none */
  uint8_t hardware[8];   /* its hardware address */
  uint32_t mtu;
  int64_t asked;         /* ns; when the kernel was asked about it */
  int64_t kept;          /* ns; when the kernel last got a packet for it, so
                          * that it confirms the neighbour */
  const char *why;       /* why it is not known; NULL: it is */
};

struct fib_answer {
  uint8_t dst[16];
  int64_t at;            /* ns; 0: an empty place */
  uint8_t family;
  uint8_t same;          /* 1: raw would send this flow there too */
  uint64_t flow;
  struct fib_route route;
};

struct fib {
  struct netlink ask, hear;
  struct fib_table table[2];            /* IPv4, IPv6 */
  struct fib_link link[FIB_LINKS];      /* by index */
  struct fib_hop hop[FIB_HOPS];         /* by hash */
  struct fib_answer *answer;            /* FIB_ANSWERS by hash, or NULL */
  struct fib_route unasked;             /* the result if we may not ask */
  uint32_t asked;        /* questions since |since| */
  int64_t since;         /* ns; the start of the current second */
  uint32_t mark;         /* firewall mark of the packets */
  uint64_t flow;         /* of the next question: see fib_flow; 0: any */
  int same;              /* 1: raw would use the last answer's route too */
  int able;              /* 1: raw can give the kernel the protocol */
  int stale;             /* 1: something changed since the tables were read */
  int64_t loaded;        /* ns; when they were read */
};

#endif
