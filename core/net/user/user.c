/* SPDX-License-Identifier: MIT */
#include "net/user/user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "net/user/connect.h"
#include "net/user/datagram.h"
#include "net/user/echo.h"
#include "net/user/queue.h"
#include "net/user/socket.h"

/* So many probes may be sent before answers are looked at. They can come at
 * once, and where net.core.rmem_max has its default a socket keeps about 400
 * errors; what is beyond is lost. */
enum { BURST = 256 };

static const char CLOSED[] =
    "icmp is closed to this user; as root, sysctl -w "
    "net.ipv4.ping_group_range=\"0 2147483647\" opens it";

static const char OLD[] = "icmp over IPv6 takes Linux 5.18 or later";

static const char *const REFUSED[] = {
    "sockets of IPv4 are refused to this process",
    "sockets of IPv6 are refused to this process"};

static uint32_t user_send(struct net *net, const struct wire_probe *v,
                          uint32_t n, struct net_sent *sent) {
  struct user *u = (struct user *)net;
  uint32_t i = 0, one = 1;
  for (; net->broken && i < n; i++)    /* no answer would be seen */
    sent[i] = (struct net_sent){.at = net->now(),
                                .error = (uint16_t)net->broken};
  if (u->unread >= BURST && !net->broken) {
    u->retry = 0;                      /* at once, after a look at answers */
    return 0;
  }
  datagram_pass(u, net->now());
  if (slab_reserve(&u->slots, n)) {
    user_wait(u, net->now());
    return 0;
  }
  while (i < n && one) {
    if (v[i].protocol == WIRE_ICMP) one = echo_send(u, v + i, n - i, sent + i);
    else if (v[i].protocol == WIRE_UDP)
      one = (uint32_t)datagram_send(u, v + i, sent + i);
    else
      one = (uint32_t)connect_send(u, v + i, sent + i);
    i += one;
  }
  u->unread += i;
  return i;
}

/* Reads what epoll says of one socket. */
static uint32_t take(struct user *u, const struct epoll_event *e,
                     struct wire_reply *v, uint32_t n,
                     const struct net_clock *clock) {
  uint32_t kind = (uint32_t)(e->data.u64 >> 32), at = (uint32_t)e->data.u64;
  int family = at < USER_POOL ? USER_4 : USER_6;
  uint32_t k = 0, number = at % USER_POOL;
  if (kind == USER_TCP) return connect_receive(u, at, v, clock);
  for (int errors = 1; errors >= 0; errors--) {
    if (!(e->events & (errors ? EPOLLERR : EPOLLIN)) || k == n) continue;
    if (kind == USER_ECHO)
      k += echo_receive(u, family, number, errors, v + k, n - k, clock);
    else
      k += datagram_receive(u, family, number, errors, v + k, n - k, clock);
  }
  return k;
}

static uint32_t user_receive(struct net *net, unsigned i, struct wire_reply *v,
                             uint32_t n, const struct net_clock *clock,
                             int *more) {
  struct user *u = (struct user *)net;
  struct epoll_event e[USER_BATCH];
  uint32_t k = 0;
  (void)i;
  if (n > USER_BATCH) n = USER_BATCH;
  int got = epoll_wait(u->epoll, e, (int)n, 0), j = 0;
  queue_begin(u);
  if (u->retry <= clock->now) u->retry = INT64_MAX;   /* it offers them again */
  for (; j < got && k < n; j++) k += take(u, &e[j], v + k, n - k, clock);
  *more = j < got || k == n;
  if (!*more) {
    u->unread = 0;
    connect_pass(u, clock->now);
  }
  return k;
}

static int64_t user_deadline(struct net *net) {
  const struct user *u = (const struct user *)net;
  int64_t at = wheel_next(&u->live);
  return u->retry < at ? u->retry : at;
}

static int refuse(struct user *u, struct net_route *r, int err,
                  const char *what) {
  snprintf(u->why, sizeof u->why, "%s", what);
  r->why = u->why;
  return err;
}

static int able(struct user *u, struct net_route *r) {
  int family = r->family == 4 ? USER_4 : USER_6;
  if (u->net.broken)
    return refuse(u, r, -u->net.broken, "what comes back cannot be read by "
                  "this process");
  if (u->none[family] == -EAFNOSUPPORT) return -EAFNOSUPPORT;
  if (u->none[family]) return refuse(u, r, -EPERM, REFUSED[family]);
  if (r->mark)
    return refuse(u, r, -EOPNOTSUPP, "mark is not possible with transport "
                  "user: it takes a privilege");
  int err = r->protocol == WIRE_ICMP ? u->closed[family] : 0;
  if (err == -EACCES || err == -EPERM) return refuse(u, r, -EPERM, CLOSED);
  return err == -EOPNOTSUPP ? refuse(u, r, err, OLD) : err;
}

static int user_route(struct net *net, struct net_route *r) {
  struct user *u = (struct user *)net;
  int err = able(u, r);
  if (err) return err;
  return flow_matters(&u->flow, r->family, r->now)
             ? flow_route(&u->flow, &u->route, r, FLOW_PORTS)
             : route_find(&u->route, r);
}

static int user_reserve(struct net *net, int protocol, uint16_t port) {
  (void)net;
  (void)protocol;
  (void)port;
  return 0;                            /* the kernel draws the ports */
}

static void user_fds(struct net *net, int fd[NET_FDS]) {
  for (int i = 0; i < NET_FDS; i++) fd[i] = -1;
  fd[0] = ((struct user *)net)->epoll;
}

static void user_close(struct net *net, int32_t *keep) {
  struct user *u = (struct user *)net;
  (void)keep;                          /* it has no privileged sockets */
  connect_close(u);
  datagram_close(u);
  echo_close(u);
  if (u->epoll >= 0) close(u->epoll);
  route_close(&u->route);
  flow_close(&u->flow);
  slab_close(&u->slots);
  free(u->table);
  free(u->data);
  free(u->in);
  free(u);
}

static const struct net_ops user_ops = {
    .name = "user",
    .route = user_route,
    .reserve = user_reserve,
    .send = user_send,
    .receive = user_receive,
    .deadline = user_deadline,
    .fds = user_fds,
    .close = user_close};

/* Sets the caps by the families of this host, and by those that can ping. */
static void set_caps(struct user *u) {
  static const uint32_t cap[] = {MTR_CAP_IPV4, MTR_CAP_IPV6};
  uint32_t no = 0;
  for (int f = USER_4; f <= USER_6; f++) {
    int fd = socket_open(u, f, WIRE_UDP);
    if (fd >= 0) close(fd);
    else if (fd != -EMFILE) u->none[f] = fd;
    if (u->none[f]) no |= cap[f];
    if (u->none[f] && fd != -EAFNOSUPPORT) u->net.lack = REFUSED[f];
  }
  if (u->closed[USER_4] && u->closed[USER_6]) {
    no |= MTR_CAP_ICMP | MTR_CAP_CHECKSUM;
    u->net.lack = CLOSED;
  } else if (u->closed[USER_6] == -EOPNOTSUPP && !u->net.lack) {
    u->net.lack = OLD;
  }
  u->net.caps = USER_CAPS & ~no;
}

int user_open(struct net **net, uint64_t seed, uint32_t regions, int64_t late,
              int64_t (*now)(void)) {
  enum { PORTS = 16384, SLOTS = 1 << 20, CHUNK = 8,
         PURPOSE = 3 };  /* of the key; the engine's identities have 1 and 2 */
  struct user *u = calloc(1, sizeof *u);
  if (!u) return -ENOMEM;
  u->net.ops = &user_ops;
  u->net.port_base = PORTS;            /* never on the wire */
  u->rand.state = seed;
  keyed_init(&u->key, seed, PURPOSE);
  u->regions = regions;
  u->late = late;
  u->retry = INT64_MAX;
  memset(u->echo, 0xff, sizeof u->echo);
  route_init(&u->route);
  flow_init(&u->flow);
  slab_init(&u->slots, sizeof(struct user_slot), SLOTS, CHUNK);
  wheel_init(&u->kept, now());
  wheel_init(&u->live, now());
  u->limit = socket_room();
  u->table = malloc(USER_HASH * sizeof *u->table);
  u->data = malloc(USER_DATA);
  u->in = queue_new();
  u->epoll = epoll_create1(EPOLL_CLOEXEC);
  int err = u->epoll < 0 ? -errno : u->table && u->in && u->data ? 0 : -ENOMEM;
  if (!err) err = echo_open(u);
  if (err) {
    user_close(&u->net, NULL);
    return err;
  }
  datagram_open(u);
  set_caps(u);
  *net = &u->net;
  return 0;
}
