/* SPDX-License-Identifier: MIT */
#include "net/user/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "net/user/datagram.h"
#include "net/user/queue.h"
#include "net/user/socket.h"
#include "wire/proto.h"

enum { TCP_SIZE = 40 };  /* bytes of a SYN with the options that Linux sends */

static const int64_t LONGEST = 900000000;   /* ns; see connect.h */

static void end(struct user *u, uint32_t i) {
  struct user_slot *s = user_slot(u, i);
  wheel_remove(&u->live, &s->timer);
  close(s->fd);
  u->streams--;
  slab_give(&u->slots, i);
}

void connect_pass(struct user *u, int64_t now) {
  struct timer *t;
  while ((t = wheel_expire(&u->live, now))) end(u, t->index);
}

void connect_close(struct user *u) { connect_pass(u, INT64_MAX); }

/* Sets what |p| wants of its socket |fd|. 0 or an errno. */
static int prepare(int fd, int family, const struct wire_probe *p) {
  struct linger at_once = {.l_onoff = 1};
  int ttl = p->ttl, tos = p->tos, v4 = family == USER_4, one = 1;
  int always = IP_PMTUDISC_DO;         /* TCP has DF with no other value */
  int level = v4 ? IPPROTO_IP : IPPROTO_IPV6;
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  if (setsockopt(fd, level, v4 ? IP_TTL : IPV6_UNICAST_HOPS, &ttl, sizeof ttl))
    return errno;
  if (tos && setsockopt(fd, level, v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos))
    return errno;
  if (v4 && p->dont_fragment)
    setsockopt(fd, level, IP_MTU_DISCOVER, &always, sizeof always);
  if (p->interface && setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX,
                                 &p->interface, sizeof p->interface))
    return errno;
  if (!p->by_source) return 0;
  struct sockaddr_in6 from;
  unsigned size = route_sockaddr(&from, p->family, p->src, 0, p->interface);
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  return bind(fd, (struct sockaddr *)&from, size) ? errno : 0;
}

/* Whether a network has answered the attempt of |fd|, which failed with |err|
 * at once. What the kernel itself refuses has no entry among the errors. */
static int was_answered(int fd, int err) {
  struct pollfd p = {.fd = fd};
  return err == ECONNREFUSED ||
         (poll(&p, 1, 0) > 0 && (p.revents & POLLERR));
}

static int later(int err) {
  return err == EMFILE || err == EADDRINUSE || err == EADDRNOTAVAIL ||
         err == EAGAIN || err == ENOBUFS || err == ENOMEM;
}

int connect_send(struct user *u, const struct wire_probe *p,
                 struct net_sent *sent) {
  int family = p->family == 4 ? USER_4 : USER_6, was = 0;
  struct sockaddr_in6 to;
  uint32_t i = slab_take(&u->slots);
  int fd = i == SLAB_NONE ? -ENOMEM : socket_open(u, family, WIRE_TCP);
  if (fd == -EMFILE && datagram_spare(u))
    fd = socket_open(u, family, WIRE_TCP);
  int err = fd < 0 ? -fd : prepare(fd, family, p);
  int64_t start = u->net.now();
  int lasts = err == EADDRNOTAVAIL;    /* of the source, not of free ports */
  if (!err) {
    unsigned size = route_sockaddr(&to, p->family, p->dst, p->dport,
                                   p->interface);
    if (connect(fd, (struct sockaddr *)&to, size)) was = errno;
    if (was == EINPROGRESS) was = 0;
    if (was && !was_answered(fd, was)) err = was;
  }
  if (!err) err = -socket_watch(u, fd, USER_TCP, i, 1);
  if (err) {
    if (fd >= 0) close(fd);
    if (i != SLAB_NONE) slab_give(&u->slots, i);
    if (later(err) && !lasts && user_wait(u, start)) return 0;
    *sent = (struct net_sent){.at = start, .error = (uint16_t)err};
    return 1;
  }
  *sent = (struct net_sent){.size = (uint16_t)(TCP_SIZE +
      (family == USER_4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER))};
  net_stamp_early(sent, 1, start, u->net.now(), &u->usual);
  struct user_slot *s = user_slot(u, i);
  memcpy(s->dst, p->dst, sizeof s->dst);
  s->handle = p->handle;
  s->fd = fd;
  s->sent = sent->at;
  s->dport = p->dport;
  s->family = (uint8_t)family;
  s->error = (uint8_t)was;
  s->timer.index = i;
  int64_t wait = p->timeout_ms * 1000000ll;
  wheel_add(&u->live, &s->timer, s->sent + (wait < LONGEST ? wait : LONGEST));
  u->streams++;
  user_took(u);
  return 1;
}

/* Takes an ICMP error from the queue of |s| into |r|. Returns 1; 0: none. */
static int icmp_error(struct user *u, const struct user_slot *s,
                      struct wire_reply *r, const struct net_clock *clock) {
  int got = queue_read(u, s->fd, 1, USER_BATCH);
  for (int i = 0; i < got; i++) {
    struct queue_message q;
    if (queue_message(u, (unsigned)i, 1, s->family, WIRE_TCP, clock, &q))
      continue;
    *r = q.reply;
    return 1;
  }
  return 0;
}

/* What the kernel says of the connection of |s|. Returns 0: not yet answered;
 * 1: it has opened; or the negative errno that ended it. */
static int outcome(const struct user_slot *s, struct tcp_info *info) {
  int err = 0;
  socklen_t size = sizeof err, room = sizeof *info;
  memset(info, 0, sizeof *info);
  if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &size)) return -errno;
  if (getsockopt(s->fd, IPPROTO_TCP, TCP_INFO, info, &room)) return -errno;
  if (!err) err = s->error;
  if (err) return err == ECONNRESET ? 1 : -err;
  if (info->tcpi_state == TCP_SYN_SENT) return 0;
  return info->tcpi_state == TCP_CLOSE ? -EPROTO : 1;
}

/* The kernel has measured the time of a handshake, in microseconds. */
static void stamp(const struct user_slot *s, const struct tcp_info *info,
                  struct wire_reply *r) {
  int64_t at = s->sent + info->tcpi_rtt * 1000ll;
  if (!info->tcpi_rtt || info->tcpi_total_retrans || at > r->at) return;
  r->at = at;
  r->kernel_time = 1;
}

/* Makes |r| the news that |s| has had the |answer| of outcome. */
static void fill(const struct user_slot *s, int answer,
                 const struct tcp_info *info, struct wire_reply *r,
                 const struct net_clock *clock) {
  int refused = answer == -ECONNREFUSED;
  *r = (struct wire_reply){
      .family = s->family == USER_4 ? 4 : 6, .at = clock->now,
      .kind = WIRE_TCP_REPLY, .protocol = WIRE_TCP,
      .quoted_protocol = WIRE_TCP, .dport = s->dport,
      .tcp_flags = PROTO_TCP_ACK | (refused ? PROTO_TCP_RST : PROTO_TCP_SYN)};
  memcpy(r->from, s->dst, sizeof r->from);
  memcpy(r->quoted_dst, s->dst, sizeof r->quoted_dst);
  if (answer > 0) stamp(s, info, r);
  if (answer > 0 || refused) return;
  r->kind = WIRE_ERROR;
  r->error = (uint16_t)-answer;
}

uint32_t connect_receive(struct user *u, uint32_t i, struct wire_reply *r,
                         const struct net_clock *clock) {
  const struct user_slot *s = user_slot(u, i);
  struct tcp_info info;
  if (!icmp_error(u, s, r, clock)) {
    int answer = outcome(s, &info);
    if (!answer) return 0;
    fill(s, answer, &info, r, clock);
  }
  r->handle = s->handle;
  end(u, i);
  return 1;
}
