/* SPDX-License-Identifier: MIT
 *
 * spd.c: reads the kernel's IPsec policies. The next engine that gets the
 * socket cannot ask for them again. So they are stored in the socket's filter,
 * which can be read back: a program that loads each word of the list as a
 * constant, does nothing with it, and lets every message pass.
 */
#include "net/host/spd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
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

/* The head of the stored list, before the policies. */
struct head {
  uint32_t magic, count;
  uint8_t partial, blocks, zero[2];
};

enum {
  MAGIC = 0x73706431,    /* "spd1" */
  WORD = 4,
  HEAD_WORDS = sizeof(struct head) / WORD,
  POLICY_WORDS = sizeof(struct policy) / WORD,
  STEPS = HEAD_WORDS + POLICIES * POLICY_WORDS + 1
};

_Static_assert(sizeof(struct policy) % WORD == 0, "policies are whole words");

static unsigned load(struct sock_filter *step, const void *data,
                     unsigned words) {
  for (unsigned i = 0; i < words; i++) {
    step[i] = (struct sock_filter){.code = BPF_LD | BPF_IMM};
    memcpy(&step[i].k, (const uint8_t *)data + i * WORD, WORD);
  }
  return words;
}

static int store(struct spd *s, uint32_t count, uint8_t partial) {
  struct sock_filter step[STEPS];
  struct head head = {.magic = MAGIC, .count = count, .partial = partial,
                      .blocks = s->list.blocks};
  unsigned n = load(step, &head, HEAD_WORDS);
  n += load(step + n, s->list.policy, count * POLICY_WORDS);
  step[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
  struct sock_fprog program = {.len = (unsigned short)n, .filter = step};
  int none = 0;
  setsockopt(s->fd, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
  return setsockopt(s->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                    sizeof program);
}

static void unload(void *data, const struct sock_filter *step,
                   unsigned words) {
  for (unsigned i = 0; i < words; i++)
    memcpy((uint8_t *)data + i * WORD, &step[i].k, WORD);
}

/* Reads back what an earlier engine has stored. Returns 0 if there is none. */
static int restore(struct spd *s) {
  struct sock_filter step[STEPS];
  struct head head;
  socklen_t n = STEPS;                 /* the kernel counts steps, not bytes */
  if (getsockopt(s->fd, SOL_SOCKET, SO_GET_FILTER, step, &n) ||
      n < HEAD_WORDS + 1)
    return 0;
  unload(&head, step, HEAD_WORDS);
  if (head.magic != MAGIC || head.count > POLICIES ||
      n != HEAD_WORDS + head.count * POLICY_WORDS + 1)
    return 0;
  unload(s->list.policy, step + HEAD_WORDS, head.count * POLICY_WORDS);
  s->list.count = head.count;
  s->list.partial = head.partial;
  s->list.blocks = head.blocks;
  return 1;
}

/* Whether |one| looks at what a question about a destination does not have. */
static int wide(const struct policy *one) {
  return policy_narrow(one) || one->link || one->src_bits || one->mark_mask;
}

/* Takes the state from the list, once all of it was read. */
static void judge(struct spd *s) {
  s->state = s->list.partial  ? SPD_ALL
             : s->list.blocks ? SPD_SOME : SPD_NONE;
  for (uint32_t i = 0; i < s->list.count; i++) {
    const struct policy *one = &s->list.policy[i];
    if (one->clear) continue;
    if (wide(one)) s->state = SPD_ALL;
    else if (s->state < SPD_SOME) s->state = SPD_SOME;
  }
  memset(s->answer, 0, sizeof s->answer);
  if (store(s, s->list.count, s->list.partial)) store(s, 0, 1);
}

int spd_open(struct spd *s, int fd) {
  memset(s, 0, sizeof *s);
  s->fd = fd < 0 ? spd_socket() : fd;
  if (s->fd < 0) {
    s->state = s->fd == -EPROTONOSUPPORT ? SPD_NONE : SPD_SOME;
    s->fd = -1;
    return -1;
  }
  if (restore(s)) judge(s);
  spd_hear(s);
  return s->fd;
}

/* Returns attribute |type| of a message, if it has |size| bytes at least, or
 * NULL. */
static const void *attribute(const struct nlmsghdr *h, size_t body,
                             uint16_t type, size_t size) {
  const uint8_t *p = (const uint8_t *)h;
  size_t at = NLMSG_SPACE(body);
  while (at + sizeof(struct nlattr) <= h->nlmsg_len) {
    const struct nlattr *a = (const void *)(p + at);
    if (a->nla_len < sizeof *a || at + a->nla_len > h->nlmsg_len) break;
    if ((a->nla_type & (uint16_t)NLA_TYPE_MASK) == type)
      return a->nla_len >= sizeof *a + size ? p + at + sizeof *a : NULL;
    at += NLMSG_ALIGN(a->nla_len);
  }
  return NULL;
}

/* Notes one policy. Those of an xfrm interface do not matter here. */
static void policy(struct spd *s, const struct nlmsghdr *h) {
  const struct xfrm_userpolicy_info *p = NLMSG_DATA(h);
  size_t body = sizeof *p;
  if (h->nlmsg_len < NLMSG_LENGTH(body) || p->dir != XFRM_POLICY_OUT ||
      attribute(h, body, XFRMA_IF_ID, 0))
    return;
  struct policy one = {
      .index = p->index, .priority = p->priority,
      .link = (uint32_t)p->sel.ifindex,
      .sport = ntohs(p->sel.sport), .sport_mask = ntohs(p->sel.sport_mask),
      .dport = ntohs(p->sel.dport), .dport_mask = ntohs(p->sel.dport_mask),
      .family = p->sel.family == AF_INET6 ? 6 : 4,
      .dst_bits = p->sel.prefixlen_d, .src_bits = p->sel.prefixlen_s,
      .protocol = p->sel.proto,
      .clear = p->action == XFRM_POLICY_ALLOW &&
               !attribute(h, body, XFRMA_TMPL, 0)};
  memcpy(one.dst, &p->sel.daddr, sizeof one.dst);
  memcpy(one.src, &p->sel.saddr, sizeof one.src);
  const struct xfrm_mark *mark =
      attribute(h, body, XFRMA_MARK, sizeof *mark);
  if (mark) {
    one.mark = mark->v;
    one.mark_mask = mark->m;
  }
  policies_put(&s->list, &one);
}

/* Forgets a policy that was deleted. */
static void deleted(struct spd *s, const struct nlmsghdr *h) {
  const struct xfrm_userpolicy_info *p =
      attribute(h, sizeof(struct xfrm_userpolicy_id), XFRMA_POLICY, sizeof *p);
  const struct xfrm_userpolicy_id *id = NLMSG_DATA(h);
  if (p) policies_drop(&s->list, p->index);
  else if (h->nlmsg_len >= NLMSG_LENGTH(sizeof *id))
    policies_drop(&s->list, id->index);
}

/* Notes the default policy, for packets that no other policy matches. */
static void usual_policy(struct spd *s, const struct nlmsghdr *h) {
  const struct xfrm_userpolicy_default *d = NLMSG_DATA(h);
  if (h->nlmsg_len >= NLMSG_LENGTH(sizeof *d))
    s->list.blocks = d->out == XFRM_USERPOLICY_BLOCK;
}

/* Reads a message; returns 1 if it ends the list. */
static int message(struct spd *s, const struct nlmsghdr *h) {
  switch (h->nlmsg_type) {
  case XFRM_MSG_NEWPOLICY:
  case XFRM_MSG_UPDPOLICY:
    policy(s, h);
    break;
  case XFRM_MSG_DELPOLICY:
    deleted(s, h);
    break;
  case XFRM_MSG_FLUSHPOLICY:
    policies_clear(&s->list);
    break;
  case XFRM_MSG_GETDEFAULT:
    usual_policy(s, h);
    break;
  case NLMSG_DONE:
    return 1;
  }
  return 0;
}

void spd_hear(struct spd *s) {
  uint8_t room[ROOM] __attribute__((aligned(8)));
  int ended = s->state != SPD_UNREAD, news = 0;
  for (int i = 0; s->fd >= 0 && i < READS; i++) {
    ssize_t got = recv(s->fd, room, sizeof room, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) break;
    news = 1;
    if (got < 0) {
      s->list.partial = 1;             /* messages were lost */
      ended = 1;
      break;
    }
    size_t left = (size_t)got;
    const struct nlmsghdr *h = (const void *)room;
    while (left >= sizeof *h && h->nlmsg_len >= sizeof *h &&
           h->nlmsg_len <= left) {
      ended |= message(s, h);
      size_t step = NLMSG_ALIGN(h->nlmsg_len);
      if (step >= left) break;
      left -= step;
      h = (const void *)((const uint8_t *)h + step);
    }
  }
  if (!ended) s->list.partial = 1;     /* no end was seen */
  if (news || !ended) judge(s);
}

int spd_check(const struct spd *s, struct net_route *q,
              enum flow_known known) {
  if (s->state == SPD_NONE || !policies_differ(&s->list, q, known)) return 0;
  q->why = "an IPsec policy of this host (ip xfrm policy) that looks at "
           "protocols or ports is for such packets, and this transport cannot "
           "follow it";
  return -EOPNOTSUPP;
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
