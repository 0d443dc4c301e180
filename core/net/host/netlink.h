/* SPDX-License-Identifier: MIT
 *
 * netlink.h: asks the kernel about routes, links and neighbours, and receives
 * its announcements, over route netlink sockets (RFC 3549). Needs no privilege.
 * The kernel answers before the send returns, so nothing waits.
 */
#ifndef HOST_NETLINK_H
#define HOST_NETLINK_H

#include <stddef.h>
#include <stdint.h>

enum { NETLINK_ROOM = 32768, NETLINK_ATTRIBUTES = 32 };

struct netlink {
  int fd;                /* -1: closed */
  uint32_t sequence;     /* of the last question */
  uint8_t *room;         /* NETLINK_ROOM bytes to read into; owned */
};

/* A question: a header, the header of the family, attributes. */
struct netlink_question {
  uint32_t size;         /* bytes used */
  uint8_t bytes[256];    /* on a boundary of 4, behind it */
};

struct rtattr;

/* A message, with its attributes by number; NULL: a missing attribute. */
struct netlink_message {
  uint16_t type;         /* RTM_NEWROUTE ... */
  const void *body;      /* the family's header */
  const struct rtattr *attribute[NETLINK_ATTRIBUTES];
};

/* netlink_each: takes a message. A result other than 0 ends the reading. */
typedef int netlink_each(void *arg, const struct netlink_message *m);

/* netlink_open: opens a socket that receives announcements of |groups|
 * (RTMGRP_* bits; 0: none). 0 or a negative errno. netlink_close: closes it; it
 * may be called again. */
int netlink_open(struct netlink *n, uint32_t groups);
void netlink_close(struct netlink *n);

/* netlink_question: begins |q| with |type|, |flags| and |size| bytes of
 * |body|. netlink_put: adds an attribute; |q| has room for a few. */
void netlink_question(struct netlink_question *q, uint16_t type, uint16_t flags,
                      const void *body, size_t size);
void netlink_put(struct netlink_question *q, uint16_t type, const void *value,
                 size_t size);

/* netlink_ask: asks |q| and calls |each| for each message of the answer.
 * Returns 0, the result of |each| that ended it, or the kernel's negative
 * errno. */
int netlink_ask(struct netlink *n, struct netlink_question *q,
                netlink_each *each, void *arg);

/* netlink_hear: calls |each| for each announcement received. 0; -ENOBUFS: some
 * were lost. */
int netlink_hear(struct netlink *n, netlink_each *each, void *arg);

/* netlink_u32: returns attribute number |i| of |m| as a number, or |absent| if
 * it is missing. netlink_bytes: copies at most |size| bytes of it to |out|;
 * returns how many it has, 0 if it is missing. */
uint32_t netlink_u32(const struct netlink_message *m, unsigned i,
                     uint32_t absent);
size_t netlink_bytes(const struct netlink_message *m, unsigned i, void *out,
                     size_t size);

#endif
