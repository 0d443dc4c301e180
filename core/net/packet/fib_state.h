/* SPDX-License-Identifier: MIT
 *
 * fib_state.h: what is known of the kernel's tables.
 */
#ifndef PACKET_FIB_STATE_H
#define PACKET_FIB_STATE_H

#include "net/host/netlink.h"

enum {
  FIB_ROUTES = 64, FIB_LINKS = 64, FIB_HOPS = 256, FIB_ANSWERS = 1024
};

enum fib_way {
  FIB_NONE,              /* no route, or one that refuses */
  FIB_LINK,              /* out of one link */
  FIB_HERE,              /* to this host, a group or a broadcast */
  FIB_BRANCHES,          /* several next hops */
  FIB_ODD,               /* encapsulated, or of another kind */
  FIB_UNASKED            /* not known: too many destinations at once */
};

struct fib_route {
  uint64_t dst[2];       /* as the bytes lie in memory, as |mask| */
  uint64_t mask[2];
  uint32_t priority;     /* lower is better */
  uint32_t link;         /* index of the interface */
  uint8_t via[16];       /* all zero: the destination itself */
  uint8_t src[16];       /* what the kernel takes; all zero: not known */
  uint8_t bits;          /* of the prefix */
  uint8_t rank;          /* of its table: 0 is looked at first */
  uint8_t way;           /* enum fib_way */
};

/* One family's routes, best first: the first that fits is the one. */
struct fib_table {
  struct fib_route route[FIB_ROUTES];
  uint32_t count;
  int simple;            /* 1: they are all, and the policy is the usual one */
  int by_flow;           /* 1: they go by protocol, port or kind of service */
};

struct fib_link {
  uint32_t index;        /* 0: an empty place */
  uint32_t mtu;
  uint8_t bare;          /* 1: nothing before the IP header, no neighbours */
  int64_t asked;         /* ns; the kernel, about it */
  const char *why;       /* it is no good; NULL if it is */
};

struct fib_hop {
  uint8_t addr[16];      /* all zero: whatever is behind a bare link */
  uint32_t link;
  uint8_t family;        /* 4, 6; 0: an empty place */
  uint8_t known;         /* 1: packets can be sent to it */
  uint8_t lasting;       /* 1: its address needs no confirmation */
  uint8_t size;          /* of |hardware|; 0: the link has none */
  uint8_t hardware[8];
  uint32_t mtu;
  int64_t asked;         /* ns; the kernel, about it */
  int64_t kept;          /* ns; when the kernel last had a packet for it */
  const char *why;       /* it is not known; NULL if it is */
};

struct fib_answer {
  uint8_t dst[16];
  int64_t at;            /* ns; 0: an empty place */
  uint8_t family;
  uint8_t same;          /* 1: what raw sends of this flow goes there too */
  uint64_t flow;
  struct fib_route route;
};

struct fib {
  struct netlink ask, hear;
  struct fib_table table[2];            /* IPv4, IPv6 */
  struct fib_link link[FIB_LINKS];      /* by index */
  struct fib_hop hop[FIB_HOPS];         /* by hash */
  struct fib_answer *answer;            /* FIB_ANSWERS by hash, or NULL */
  struct fib_route unasked;             /* stands for all that are not kept */
  uint32_t asked;        /* for answers, since ... */
  int64_t since;         /* ns; ... a second ago at most */
  uint32_t mark;         /* of what is sent */
  uint64_t flow;         /* of the next question: see fib_flow; 0 any */
  int same;              /* whether raw goes the way last answered */
  int able;              /* 1: raw tells the kernel its packets' protocol */
  int stale;             /* 1: something changed since the tables were read */
  int64_t loaded;        /* ns */
};

#endif
