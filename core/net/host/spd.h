/* SPDX-License-Identifier: MIT
 *
 * spd.h: finds out whether an IPsec policy of this host ("ip xfrm policy")
 * applies to probes that packet would send directly to the link, or to a real
 * packet otherwise than to a probe that raw sends. Only a socket opened with
 * CAP_NET_ADMIN can list policies and receive their changes, and only with that
 * privilege can it ask for the list. So the list is asked for when the socket
 * is opened, and the answer stays in the socket until an engine reads it. That
 * engine leaves it in the socket for the next one.
 *
 * For packet: without policies, it sends; with policies for addresses, the
 * kernel is asked about each destination once a second; with policies that look
 * at more than addresses, raw sends everything. Without the privilege the
 * kernel is asked too, but that does not show policies for a single protocol or
 * port. The question is a connected datagram socket: where a policy applies,
 * its path has another MTU, or there is no path.
 */
#ifndef HOST_SPD_H
#define HOST_SPD_H

#include "net/host/policy.h"

enum { SPD_ANSWERS = 1024 };

/* From careless to careful. */
enum spd_state {
  SPD_UNREAD,            /* the list is still in the socket */
  SPD_NONE,              /* no policy */
  SPD_SOME,              /* each destination is asked about */
  SPD_ALL                /* a policy may apply to every packet */
};

struct spd {
  int fd;                /* netlink; -1 none */
  enum spd_state state;
  struct policies list;
  struct spd_answer {
    uint8_t dst[16];
    int64_t at;          /* ns; 0: an empty entry */
    uint32_t mtu;        /* of the link, for comparison */
    uint8_t family;
    uint8_t applies;
  } answer[SPD_ANSWERS]; /* by hash */
};

/* spd_socket: opens the privileged socket and asks for the list. Returns the
 * descriptor, or -EPERM, -EPROTONOSUPPORT (no IPsec in this kernel),
 * -EMFILE. */
int spd_socket(void);

/* spd_open: begins with |fd|, borrowed. If |fd| is -1 it tries to open a socket
 * and returns it, or -1. What an earlier engine has read from |fd| is still
 * known. */
int spd_open(struct spd *s, int fd);

/* spd_hear: reads the list and what was announced since. */
void spd_hear(struct spd *s);

/* spd_applies: returns 1 if a policy may apply to packets to |dst| over a link
 * of |mtu| bytes. */
int spd_applies(struct spd *s, int family, const uint8_t dst[16], uint32_t mtu,
                int64_t now);

/* spd_check: returns 0, or -EOPNOTSUPP and |q|->why: the packet that |q|
 * describes, its source included, meets another policy than a probe of which
 * the kernel knows only |known|. */
int spd_check(const struct spd *s, struct net_route *q, enum flow_known known);

#endif
