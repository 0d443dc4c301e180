/* SPDX-License-Identifier: MIT
 *
 * netlink.c: a datagram has messages, and a message has attributes. All
 * lengths in them are checked against the bytes received.
 */
#include "net/host/netlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READS = 4096, HEARD = 1 << 20 };  /* bytes of announcements */

int netlink_open(struct netlink *n, uint32_t groups) {
  struct sockaddr_nl me = {.nl_family = AF_NETLINK, .nl_groups = groups};
  int one = 1, room = HEARD;
  n->sequence = 0;
  n->room = malloc(NETLINK_ROOM);
  n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                 NETLINK_ROUTE);
  if (n->fd < 0 || !n->room) {
    int err = n->room ? -errno : -ENOMEM;
    netlink_close(n);
    return err;
  }
  setsockopt(n->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof one);
  if (groups) setsockopt(n->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  if (!bind(n->fd, (struct sockaddr *)&me, sizeof me)) return 0;
  int err = -errno;
  netlink_close(n);
  return err;
}

void netlink_close(struct netlink *n) {
  if (n->fd >= 0) close(n->fd);
  free(n->room);
  n->fd = -1;
  n->room = NULL;
}

void netlink_question(struct netlink_question *q, uint16_t type, uint16_t flags,
                      const void *body, size_t size) {
  struct nlmsghdr *head = (void *)q->bytes;
  memset(q, 0, sizeof *q);
  head->nlmsg_type = type;
  head->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  memcpy(NLMSG_DATA(head), body, size);
  q->size = (uint32_t)NLMSG_SPACE(size);
}

void netlink_put(struct netlink_question *q, uint16_t type, const void *value,
                 size_t size) {
  struct rtattr *a = (void *)(q->bytes + q->size);
  a->rta_type = type;
  a->rta_len = (uint16_t)RTA_LENGTH(size);
  memcpy(RTA_DATA(a), value, size);
  q->size += (uint32_t)RTA_SPACE(size);
}

/* Returns the size of the header before the attributes; 0: a message of a type
 * that we do not use. */
static size_t body_size(int type) {
  switch (type) {
  case RTM_NEWROUTE: case RTM_DELROUTE: return sizeof(struct rtmsg);
  case RTM_NEWRULE: case RTM_DELRULE: return sizeof(struct rtmsg);
  case RTM_NEWLINK: case RTM_DELLINK: return sizeof(struct ifinfomsg);
  case RTM_NEWADDR: case RTM_DELADDR: return 8;
  case RTM_NEWNEIGH: case RTM_DELNEIGH: return 12;
  default: return 0;
  }
}

static int read_message(const struct nlmsghdr *h, struct netlink_message *m) {
  size_t body = body_size(h->nlmsg_type), left = h->nlmsg_len;
  memset(m, 0, sizeof *m);
  m->type = h->nlmsg_type;
  m->body = NLMSG_DATA(h);
  if (!body || left < NLMSG_SPACE(body)) return 0;
  const uint8_t *p = (const uint8_t *)h + NLMSG_SPACE(body);
  left -= NLMSG_SPACE(body);
  while (left >= sizeof(struct rtattr)) {
    const struct rtattr *a = (const void *)p;
    if (a->rta_len < sizeof *a || a->rta_len > left) break;
    unsigned type = a->rta_type & (uint16_t)NLA_TYPE_MASK;
    if (type < NETLINK_ATTRIBUTES) m->attribute[type] = a;
    size_t step = RTA_ALIGN(a->rta_len);
    if (step > left) break;
    p += step;
    left -= step;
  }
  return 1;
}

/* Reads one datagram. Sets |*done| when the answer to question |sequence| is
 * complete. |sequence| 0: reads announcements. */
static int read_datagram(struct netlink *n, uint32_t sequence,
                         netlink_each *each, void *arg, int *done) {
  ssize_t got = recv(n->fd, n->room, NETLINK_ROOM, MSG_DONTWAIT);
  if (got < 0) return -errno;
  size_t left = (size_t)got;
  const struct nlmsghdr *h = (const void *)n->room;
  while (left >= sizeof *h && h->nlmsg_len >= sizeof *h &&
         h->nlmsg_len <= left) {
    struct netlink_message m;
    int ours = !sequence || h->nlmsg_seq == sequence, err = 0;
    if (ours && h->nlmsg_type == NLMSG_ERROR) {
      if (h->nlmsg_len >= NLMSG_LENGTH(sizeof err))
        memcpy(&err, NLMSG_DATA(h), sizeof err);
      if (err > 0) err = -EBADMSG;
      *done = 1;
    } else if (ours && h->nlmsg_type == NLMSG_DONE) {
      *done = 1;
    } else if (ours && read_message(h, &m)) {
      err = each(arg, &m);
      *done = sequence && !(h->nlmsg_flags & NLM_F_MULTI);
    }
    if (err) return err;
    size_t step = NLMSG_ALIGN(h->nlmsg_len);
    if (step >= left) break;
    left -= step;
    h = (const void *)((const uint8_t *)h + step);
  }
  return 0;
}

/* Opens a new socket after a dump was not read to its end. On the old socket
 * the kernel would take no new question before that end. */
static int begin_again(struct netlink *n, int err) {
  netlink_close(n);
  int bad = netlink_open(n, 0);
  return bad ? bad : err;
}

int netlink_ask(struct netlink *n, struct netlink_question *q,
                netlink_each *each, void *arg) {
  int done = 0;
  if (n->fd < 0) return -EBADF;
  if (!++n->sequence) n->sequence = 1; /* 0 is for announcements */
  struct nlmsghdr *head = (void *)q->bytes;
  head->nlmsg_len = q->size;
  head->nlmsg_seq = n->sequence;
  if (send(n->fd, q->bytes, q->size, MSG_DONTWAIT) < 0) return -errno;
  for (int i = 0; i < READS; i++) {
    int err = read_datagram(n, n->sequence, each, arg, &done);
    if (done) return err;
    if (err) return begin_again(n, err);
  }
  return begin_again(n, -E2BIG);
}

int netlink_hear(struct netlink *n, netlink_each *each, void *arg) {
  int done, err = 0;
  for (int i = 0; i < READS && !err; i++)
    err = read_datagram(n, 0, each, arg, &done);
  return err == -EAGAIN ? 0 : err;
}

uint32_t netlink_u32(const struct netlink_message *m, unsigned i,
                     uint32_t absent) {
  uint32_t value;
  return netlink_bytes(m, i, &value, sizeof value) == sizeof value ? value
                                                                   : absent;
}

size_t netlink_bytes(const struct netlink_message *m, unsigned i, void *out,
                     size_t size) {
  const struct rtattr *a = m->attribute[i];
  if (!a) return 0;
  size_t has = RTA_PAYLOAD(a);
  memcpy(out, RTA_DATA(a), has < size ? has : size);
  return has;
}
