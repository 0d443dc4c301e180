/* SPDX-License-Identifier: MIT
 *
 * spd.h: whether a policy of this host (IPsec, "ip xfrm policy") is for what
 * would go straight to the link, past it. Policies can be listed and heard of
 * only by a socket that was opened with CAP_NET_ADMIN, and listed only while
 * there is that privilege. So the list is asked for when the socket is opened,
 * and its answer lies in the socket until an engine reads it.
 *
 * What is learnt only ever grows more careful: no policy; some, so that the
 * kernel is asked about each destination once a second; some that go by more
 * than addresses, so that everything has to go raw's way. Without the privilege
 * the kernel is asked likewise, which then does not see policies for one
 * protocol or port only. The question is a connected datagram socket, whose
 * path has another MTU, or none, where a policy applies.
 */
#ifndef PACKET_SPD_H
#define PACKET_SPD_H

#include <stdint.h>

enum { SPD_ANSWERS = 1024 };

/* In the order of care. */
enum spd_state {
  SPD_UNREAD,            /* the socket holds the list */
  SPD_NONE,              /* no policy */
  SPD_SOME,              /* each destination is asked about */
  SPD_ALL                /* every packet may be meant */
};

struct spd {
  int fd;                /* netlink; -1 none */
  enum spd_state state;
  struct spd_answer {
    uint8_t dst[16];
    int64_t at;          /* ns; 0: an empty place */
    uint32_t mtu;        /* of the link that was compared with */
    uint8_t family;
    uint8_t applies;
  } answer[SPD_ANSWERS]; /* by hash */
};

/* spd_socket: opens the privileged socket and asks for the list. A descriptor,
 * or -EPERM, -EPROTONOSUPPORT (this kernel has no policies), -EMFILE. */
int spd_socket(void);

/* spd_open: begins with |fd|, borrowed, or -1: then it tries to open one of its
 * own, and returns that, or -1. What an engine before has learnt from |fd| is
 * known still. */
int spd_open(struct spd *s, int fd);

/* spd_hear: reads the list and what was announced since. */
void spd_hear(struct spd *s);

/* spd_applies: whether a policy may apply to packets to |dst| out of a link of
 * |mtu| bytes. */
int spd_applies(struct spd *s, int family, const uint8_t dst[16], uint32_t mtu,
                int64_t now);

#endif
