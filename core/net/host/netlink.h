/* SPDX-License-Identifier: MIT
 *
 * netlink.h: questions to the kernel about routes, links and neighbours, and
 * its announcements, over route netlink sockets (RFC 3549). Needs no privilege.
 * Answers are there as soon as the question has been asked: nothing waits.
 */
#ifndef HOST_NETLINK_H
#define HOST_NETLINK_H

#include <stddef.h>
#include <stdint.h>

enum { NETLINK_ROOM = 32768, NETLINK_ATTRIBUTES = 32 };

struct netlink {
  int fd;                /* -1 closed */
  uint32_t sequence;     /* of the last question */
  uint8_t *room;         /* NETLINK_ROOM bytes to read into; owned */
};

/* A question: a header, the family's own header, attributes. */
struct netlink_question {
  uint32_t size;         /* bytes used */
  uint8_t bytes[256];    /* on a boundary of 4, behind it */
};

struct rtattr;

/* A message, its attributes by number; NULL for one that is not there. */
struct netlink_message {
  uint16_t type;         /* RTM_NEWROUTE ... */
  const void *body;      /* the family's header */
  const struct rtattr *attribute[NETLINK_ATTRIBUTES];
};

/* netlink_each: takes a message; not 0 ends the reading. */
typedef int netlink_each(void *arg, const struct netlink_message *m);

/* netlink_open: a socket that hears of |groups| (RTMGRP_* bits); 0 hears
 * nothing. 0 or a negative errno. netlink_close: closes it, once or twice. */
int netlink_open(struct netlink *n, uint32_t groups);
void netlink_close(struct netlink *n);

/* netlink_question: begins |q| with |type|, |flags| and |size| bytes of
 * |body|. netlink_put: adds an attribute; |q| has room for a few. */
void netlink_question(struct netlink_question *q, uint16_t type, uint16_t flags,
                      const void *body, size_t size);
void netlink_put(struct netlink_question *q, uint16_t type, const void *value,
                 size_t size);

/* netlink_ask: asks |q| and hands each message of the answer to |each|. 0, what
 * |each| ended it with, or the kernel's negative errno. */
int netlink_ask(struct netlink *n, struct netlink_question *q,
                netlink_each *each, void *arg);

/* netlink_hear: hands |each| what has been announced. 0, or -ENOBUFS when some
 * of it was lost. */
int netlink_hear(struct netlink *n, netlink_each *each, void *arg);

/* netlink_u32: attribute number |i| of |m| as a number, or |absent|.
 * netlink_bytes: copies at most |size| bytes of it to |out|; returns how
 * many it has, 0 without it. */
uint32_t netlink_u32(const struct netlink_message *m, unsigned i,
                     uint32_t absent);
size_t netlink_bytes(const struct netlink_message *m, unsigned i, void *out,
                     size_t size);

#endif
