/* SPDX-License-Identifier: MIT
 *
 * spd.c: reads the kernel's IPsec policies. The result is also stored in the
 * priority of the netlink socket, which the kernel does not use there, so that
 * the next engine that gets the socket finds it.
 */
#include "net/packet/spd.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/host/route.h"

enum {
  ROOM = 32768,          /* bytes of one datagram */
  BUFFER = 1 << 20,      /* bytes of the list that may wait */
  READS = 4096
};

static int bind_to_groups(int fd) {
  struct sockaddr_nl me = {.nl_family = AF_NETLINK,
                           .nl_groups = XFRMGRP_POLICY};
  return bind(fd, (struct sockaddr *)&me, sizeof me);
}

static int ask_for(int fd, int type, int flags, const void *body, size_t size) {
  struct {
    struct nlmsghdr head;
    uint8_t body[sizeof(struct xfrm_userpolicy_id)];
  } q = {.head = {.nlmsg_type = (uint16_t)type,
                  .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)}};
  q.head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
  memcpy(q.body, body, size);
  return send(fd, &q, q.head.nlmsg_len, MSG_DONTWAIT) < 0;
}

int spd_socket(void) {
  struct xfrm_userpolicy_default usual = {0};
  struct xfrm_userpolicy_id any = {.index = 0};
  int room = BUFFER;
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                  NETLINK_XFRM);
  if (fd < 0) return -errno;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  /* Asks for the default first, because the list would delay its answer. */
  if (bind_to_groups(fd) ||
      ask_for(fd, XFRM_MSG_GETDEFAULT, 0, &usual, sizeof usual) ||
      ask_for(fd, XFRM_MSG_GETPOLICY, NLM_F_DUMP, &any, sizeof any)) {
    int err = -errno;
    close(fd);
    return err;
  }
  return fd;
}

static void become(struct spd *s, enum spd_state state) {
  int number = (int)state;
  if (state <= s->state) return;
  s->state = state;
  memset(s->answer, 0, sizeof s->answer);
  setsockopt(s->fd, SOL_SOCKET, SO_PRIORITY, &number, sizeof number);
}

int spd_open(struct spd *s, int fd) {
  int number = 0;
  socklen_t size = sizeof number;
  memset(s, 0, sizeof *s);
  s->fd = fd < 0 ? spd_socket() : fd;
  if (s->fd < 0) {
    s->state = s->fd == -EPROTONOSUPPORT ? SPD_NONE : SPD_SOME;
    s->fd = -1;
    return -1;
  }
  getsockopt(s->fd, SOL_SOCKET, SO_PRIORITY, &number, &size);
  s->state = number >= SPD_NONE && number <= SPD_ALL ? (enum spd_state)number
                                                     : SPD_UNREAD;
  spd_hear(s);
  return s->fd;
}

/* Returns the attributes that a message has, a bit for each number. */
static uint32_t attributes(const struct nlmsghdr *h, size_t body) {
  const uint8_t *p = (const uint8_t *)h;
  size_t at = NLMSG_SPACE(body);
  uint32_t found = 0;
  while (at + sizeof(struct nlattr) <= h->nlmsg_len) {
    const struct nlattr *a = (const void *)(p + at);
    if (a->nla_len < sizeof *a) break;
    if ((a->nla_type & NLA_TYPE_MASK) < 32)
      found |= 1u << (a->nla_type & NLA_TYPE_MASK);
    at += NLMSG_ALIGN(a->nla_len);
  }
  return found;
}

/* Takes in one policy. Policies that let packets pass unchanged do not matter,
 * nor do those of an xfrm interface. */
static void policy(struct spd *s, const struct nlmsghdr *h) {
  const struct xfrm_userpolicy_info *p = NLMSG_DATA(h);
  if (h->nlmsg_len < NLMSG_LENGTH(sizeof *p) || p->dir != XFRM_POLICY_OUT)
    return;
  uint32_t has = attributes(h, sizeof *p);
  if (has >> XFRMA_IF_ID & 1) return;
  if (p->action == XFRM_POLICY_ALLOW && !(has >> XFRMA_TMPL & 1)) return;
  int wide = p->sel.proto || p->sel.sport_mask || p->sel.dport_mask ||
             p->sel.ifindex || p->sel.prefixlen_s || has >> XFRMA_MARK & 1;
  become(s, wide ? SPD_ALL : SPD_SOME);
}

/* Takes in the default policy, for packets that no other policy matches. */
static void usual_policy(struct spd *s, const struct nlmsghdr *h) {
  const struct xfrm_userpolicy_default *d = NLMSG_DATA(h);
  if (h->nlmsg_len < NLMSG_LENGTH(sizeof *d)) return;
  if (d->out == XFRM_USERPOLICY_BLOCK) become(s, SPD_SOME);
}

static void message(struct spd *s, const struct nlmsghdr *h) {
  switch (h->nlmsg_type) {
  case XFRM_MSG_NEWPOLICY:
  case XFRM_MSG_UPDPOLICY:
    policy(s, h);
    break;
  case XFRM_MSG_GETDEFAULT:
    usual_policy(s, h);
    break;
  case NLMSG_DONE:
    become(s, SPD_NONE);
  }
}

void spd_hear(struct spd *s) {
  uint8_t room[ROOM] __attribute__((aligned(8)));
  for (int i = 0; i < READS; i++) {
    ssize_t got = recv(s->fd, room, sizeof room, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) break;
    if (got < 0) {
      become(s, SPD_ALL);              /* messages were lost */
      return;
    }
    size_t left = (size_t)got;
    const struct nlmsghdr *h = (const void *)room;
    while (left >= sizeof *h && h->nlmsg_len >= sizeof *h &&
           h->nlmsg_len <= left) {
      message(s, h);
      size_t step = NLMSG_ALIGN(h->nlmsg_len);
      if (step >= left) break;
      left -= step;
      h = (const void *)((const uint8_t *)h + step);
    }
  }
  if (s->state == SPD_UNREAD) become(s, SPD_ALL);     /* no end was seen */
}

int spd_applies(struct spd *s, int family, const uint8_t dst[16], uint32_t mtu,
                int64_t now) {
  uint32_t w[4];
  if (s->state <= SPD_NONE) return 0;
  if (s->state == SPD_ALL) return 1;
  memcpy(w, dst, sizeof w);
  uint32_t h = (w[0] ^ w[1] ^ w[2] ^ w[3]) * 0x9e3779b1u;
  struct spd_answer *a = &s->answer[h >> 22];
  if (a->at && now - a->at < NET_ROUTE_NS && a->family == family &&
      a->mtu == mtu && !memcmp(a->dst, dst, sizeof a->dst))
    return a->applies;
  struct net_route q = {.family = (uint8_t)family};
  memcpy(q.dst, dst, sizeof q.dst);
  int found = route_mtu(&q);
  *a = (struct spd_answer){.at = now, .mtu = mtu, .family = (uint8_t)family,
                           .applies = found < 0 || (uint32_t)found != mtu};
  memcpy(a->dst, dst, sizeof a->dst);
  return a->applies;
}
