/* SPDX-License-Identifier: MIT
 *
 * fib.h: where the kernel would send a packet: out of which link, to which
 * neighbour, of which hardware address; kept current by its announcements.
 *
 * Hosts with the usual policy (tables local, main, default) and few routes have
 * them copied here, and looking one up costs no system call. On others the
 * kernel is asked, for each destination once a second. What the kernel keeps
 * for single destinations (redirects, path MTUs) is not seen.
 *
 * A next hop is good for the fast way only where this can be known to be what
 * the kernel would do: one link, of Ethernet or of none but IP, with a resolved
 * neighbour. Everything else has a reason, a static text. A link is asked about
 * once for all destinations beyond it, for it may have no gateway.
 */
#ifndef PACKET_FIB_H
#define PACKET_FIB_H

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

/* fib_open: reads the tables. 0 or a negative errno. fib_close: frees. */
int fib_open(struct fib *f, uint32_t mark, int64_t now);
void fib_close(struct fib *f);

/* fib_fd: readable when there are announcements; fib_hear takes them in. */
int fib_fd(const struct fib *f);
void fib_hear(struct fib *f);

/* fib_flow: sets |f|->flow for a packet, where it matters. */
void fib_flow(struct fib *f, int family, int protocol, uint16_t sport,
              uint16_t dport, uint8_t tos);

/* fib_find: the route to |dst|, or NULL if there is none. Borrowed until the
 * next call. */
struct fib_route *fib_find(struct fib *f, int family, const uint8_t dst[16],
                           int64_t now);

/* fib_hop: the next hop of |route| to |dst|; its |why| says if it is no good.
 * NULL with |*why| if the route or its link is not one to take. Borrowed
 * likewise. */
struct fib_hop *fib_hop(struct fib *f, int family, const uint8_t dst[16],
                        const struct fib_route *route, const char **why,
                        int64_t now);

/* For the parts of it, and its spec: */

/* fib_clear: an empty table. fib_add: puts |r| in its place. 0, or -E2BIG: the
 * table is full, or cannot be told in it, and is not simple any more. */
void fib_clear(struct fib_table *t);
int fib_add(struct fib_table *t, const struct fib_route *r);

/* fib_match: the best route to |dst|, NULL none. */
struct fib_route *fib_match(struct fib_table *t, const uint8_t dst[16]);

/* fib_load: reads the tables anew and forgets all else. */
void fib_load(struct fib *f, int64_t now);

/* fib_query: the kernel's route to |dst| in |*r|; its way is FIB_NONE without
 * one. */
void fib_query(struct fib *f, int family, const uint8_t dst[16],
               struct fib_route *r);

/* fib_ask_link: asks the kernel for the link |l|->index. fib_resolve: for the
 * neighbour |h| on a link that has some. */
void fib_ask_link(struct fib *f, struct fib_link *l, int64_t now);
void fib_resolve(struct fib *f, struct fib_hop *h, int64_t now);

/* fib_place: where the hop to |addr| over |link| is, or would be. */
struct fib_hop *fib_place(struct fib *f, int family, const uint8_t addr[16],
                          uint32_t link);

#endif
