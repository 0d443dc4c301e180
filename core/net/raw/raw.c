/* SPDX-License-Identifier: MIT */
#include "net/raw/raw.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/raw/receive.h"
#include "net/raw/send.h"

enum { RECEIVE_BUFFER = 32 << 20, SEND_BUFFER = 4 << 20 };

static const struct {
  int family, protocol;
} kinds[RAW_FDS] = {
    [RAW_SEND4] = {AF_INET, IPPROTO_RAW},
    [RAW_SEND6] = {AF_INET6, IPPROTO_RAW},
    [RAW_ICMP4] = {AF_INET, IPPROTO_ICMP},
    [RAW_TCP4] = {AF_INET, IPPROTO_TCP},
    [RAW_UDP4] = {AF_INET, IPPROTO_UDP},
    [RAW_ICMP6] = {AF_INET6, IPPROTO_ICMPV6},
    [RAW_TCP6] = {AF_INET6, IPPROTO_TCP},
    [RAW_UDP6] = {AF_INET6, IPPROTO_UDP}};

static void close_all(int32_t fd[RAW_FDS]) {
  for (int i = 0; i < RAW_FDS; i++) {
    if (fd[i] >= 0) close(fd[i]);
    fd[i] = -1;
  }
}

static void set(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

static void buffer(int fd, int force, int plain, int bytes) {
  if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof bytes))
    set(fd, SOL_SOCKET, plain, bytes);
}

/* Sets the options of a sender or a receiver. It works without them, only not
 * as well. */
static void configure(int i, int fd) {
  if (i <= RAW_SEND6) {
    buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
    set(fd, SOL_SOCKET, SO_BROADCAST, 1);   /* route.c guards the targets */
    /* With *_RECVERR, sending fails when the queue of the link is full. Without
     * it, the kernel drops the packet and reports success. The queued errors
     * themselves are never read, so their buffer is small. */
    set(fd, SOL_SOCKET, SO_RCVBUF, 0);
    if (i == RAW_SEND4) {
      set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
      set(fd, IPPROTO_IP, IP_RECVERR, 1);
    } else {
      set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
      set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    }
    return;
  }
  buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
  set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  if (kinds[i].family != AF_INET6) return;
  set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
  set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/* Binds a socket to any address if |listening|, otherwise to a reserved group,
 * which nothing is sent to (RFC 5771 4, RFC 4291 2.7.1). Then the kernel makes
 * no copies of packets for it. A filter would drop copies only after they are
 * made. */
static void listen_at(int i, int fd, int listening) {
  struct sockaddr_in in4 = {.sin_family = AF_INET};
  struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
  if (fd < 0) return;
  if (!listening) {
    in4.sin_addr.s_addr = htonl(0xe0000000);                /* 224.0.0.0 */
    in6.sin6_addr.s6_addr[0] = 0xff;                        /* ff0e:: */
    in6.sin6_addr.s6_addr[1] = 0x0e;
  }
  if (kinds[i].family == AF_INET) bind(fd, (void *)&in4, sizeof in4);
  else bind(fd, (void *)&in6, sizeof in6);
}

/* Whether a family can be used: it needs the sender and the ICMP socket. */
static int usable(const int32_t fd[RAW_FDS], int family) {
  return family == 4 ? fd[RAW_SEND4] >= 0 && fd[RAW_ICMP4] >= 0
                     : fd[RAW_SEND6] >= 0 && fd[RAW_ICMP6] >= 0;
}

int raw_sockets(int32_t fd[RAW_SOCKETS], uint32_t mark) {
  int err = 0, refused = -EAFNOSUPPORT;
  for (int i = 0; i < RAW_SOCKETS; i++) fd[i] = -1;
  for (int i = 0; i < RAW_FDS && !err; i++) {
    fd[i] = socket(kinds[i].family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                   kinds[i].protocol);
    if (fd[i] < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) err = -errno;
      else if (errno != EAFNOSUPPORT) refused = -errno;
      continue;
    }
    configure(i, fd[i]);
    if (i > RAW_SEND6) {
      err = filter_none(fd[i]);
      listen_at(i, fd[i], 0);
    }
    if (!err && mark &&
        setsockopt(fd[i], SOL_SOCKET, SO_MARK, &mark, sizeof mark))
      err = -errno;
  }
  if (!err && !usable(fd, 4) && !usable(fd, 6)) err = refused;
  if (err) close_all(fd);
  int spd = err ? -1 : spd_socket();
  if (spd >= 0) fd[RAW_SPD] = spd;
  return err;
}

/* Whether the kernel knows |family| at all. */
static int exists(int family) {
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  int none = fd < 0 && errno == EAFNOSUPPORT;
  if (fd >= 0) close(fd);
  return !none;
}

/* Sets the caps of |raw| by the sockets that it has. */
static void set_caps(struct raw *raw) {
  const int32_t *fd = raw->fd;
  uint32_t no = 0;
  if (!usable(fd, 4)) no |= MTR_CAP_IPV4 | MTR_CAP_PORTS4;
  if (!usable(fd, 6)) no |= MTR_CAP_IPV6 | MTR_CAP_PORTS6;
  if (fd[RAW_TCP4] < 0 && fd[RAW_TCP6] < 0) no |= MTR_CAP_TCP;
  if (fd[RAW_UDP4] < 0 && fd[RAW_UDP6] < 0) no |= MTR_CAP_UDP;
  raw->net.caps &= ~no;
  raw->net.lack =
      no & MTR_CAP_IPV4   ? exists(AF_INET) ? "sockets of IPv4 are refused to "
                                              "this process"
                                            : "this host has no IPv4"
      : no & MTR_CAP_IPV6 ? exists(AF_INET6) ? "sockets of IPv6 are refused to "
                                               "this process"
                                             : "this host has no IPv6"
      : fd[RAW_TCP4] < 0 || (usable(fd, 6) && fd[RAW_TCP6] < 0)
          ? "sockets of TCP are refused to this process"
      : fd[RAW_UDP4] < 0 || (usable(fd, 6) && fd[RAW_UDP6] < 0)
          ? "sockets of UDP are refused to this process" : NULL;
}

int raw_usable(const struct raw *raw, struct net_route *r) {
  int more = r->family == 6 ? RAW_ICMP6 - RAW_ICMP4 : 0;
  int i = more + (r->protocol == WIRE_TCP   ? RAW_TCP4
                  : r->protocol == WIRE_UDP ? RAW_UDP4 : RAW_ICMP4);
  if (raw->net.broken) {
    r->why = "what comes back cannot be read by this process";
    return -raw->net.broken;
  }
  if (!usable(raw->fd, r->family) && !exists(r->family == 4 ? AF_INET
                                                            : AF_INET6))
    return -EAFNOSUPPORT;
  if (usable(raw->fd, r->family) && raw->fd[i] >= 0) return 0;
  r->why = usable(raw->fd, r->family)
               ? "sockets of this protocol are refused to this process"
           : r->family == 4 ? "sockets of IPv4 are refused to this process"
                            : "sockets of IPv6 are refused to this process";
  return -EPERM;
}

/* Returns how many packets a socket has lost before this engine got it. */
static uint32_t lost(int fd) {
  uint32_t info[SK_MEMINFO_VARS] = {0};
  socklen_t size = sizeof info;
  if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size)) return 0;
  return info[SK_MEMINFO_DROPS];
}

static uint32_t mark_of(int fd) {
  uint32_t mark = 0;
  socklen_t size = sizeof mark;
  if (fd >= 0) getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &size);
  return mark;
}

/* Whether a sender of whole packets can tell the kernel their protocol, for the
 * kernel's rules and policies. Linux 6.4 and later. */
static int can_tell(int fd) {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return fd >= 0 &&
         !getsockopt(fd, IPPROTO_IP, RAW_IP_PROTOCOL, &protocol, &size);
}

static int attach(const struct raw *raw) {
  for (int i = RAW_ICMP4; i < RAW_FDS; i++) {
    int protocol = kinds[i].protocol;
    if (raw->fd[i] < 0) continue;
    if (protocol == IPPROTO_ICMPV6) protocol = WIRE_ICMP;
    int family = kinds[i].family == AF_INET ? 4 : 6;
    int err = filter_attach(raw->fd[i], &raw->filter, family, protocol);
    if (err) return err;
  }
  return 0;
}

/* A socket of TCP or UDP would receive all such traffic of this host, so each
 * listens only when a trace needs it. */
void raw_hear(struct raw *raw, int family, int protocol) {
  int i = protocol == WIRE_TCP   ? RAW_TCP4
          : protocol == WIRE_UDP ? RAW_UDP4 : RAW_ICMP4;
  if (family == 6) i += RAW_ICMP6 - RAW_ICMP4;
  if (raw->heard >> i & 1) return;
  if (!raw->quiet) listen_at(i, raw->fd[i], 1);
  raw->heard |= 1u << i;
}

void raw_hush(struct raw *raw, int quiet) {
  raw->quiet = quiet;
  for (int i = 0; i < RAW_FDS; i++)
    if (raw->heard >> i & 1) listen_at(i, raw->fd[i], !quiet);
}

static int by_flow(struct raw *raw, struct net_route *r) {
  uint32_t mark = r->mark;
  if (!mark) r->mark = raw->mark;
  int err = flow_route(&raw->flow, &raw->route, r,
                       raw->able ? FLOW_PROTOCOL : FLOW_NOTHING);
  r->mark = mark;
  return err;
}

/* The route may depend on the mark. If this process may no longer set a mark on
 * a new socket, the sending socket, which has it, is asked instead. That one
 * does not refuse broadcasts, so they are refused before. */
static int way(struct raw *raw, struct net_route *r) {
  static const uint8_t none[16];
  int fd = raw->fd[r->family == 4 ? RAW_SEND4 : RAW_SEND6];
  int given = memcmp(r->src, none, sizeof none) != 0;
  int able = raw_usable(raw, r);
  if (able) return able;
  raw_hear(raw, r->family, WIRE_ICMP);
  raw_hear(raw, r->family, r->protocol);
  if (flow_matters(&raw->flow, r->family, r->now)) return by_flow(raw, r);
  if (r->mark || !raw->mark) return route_find(&raw->route, r);
  r->mark = raw->mark;
  int err = route_find(&raw->route, r);
  r->mark = 0;
  if (err != -EPERM) return err;
  err = route_find(&raw->route, r);
  return err == -EACCES || given || r->interface ? err : route_ask(fd, r);
}

int raw_follow(const struct raw *raw, struct net_route *r) {
  uint32_t mark = r->mark;
  if (!mark) r->mark = raw->mark;
  int err = spd_check(&raw->spd, r, raw->able ? FLOW_PROTOCOL : FLOW_NOTHING);
  r->mark = mark;
  return err;
}

int raw_route(struct net *net, struct net_route *r) {
  struct raw *raw = (struct raw *)net;
  int err = way(raw, r);
  return err ? err : raw_follow(raw, r);
}

int raw_reserve(struct net *net, int protocol, uint16_t port) {
  struct raw *raw = (struct raw *)net;
  struct filter *f = &raw->filter;
  int taken = ports_reserve(&raw->ports, protocol, port);
  if (taken) return taken < 0 ? taken : 0;
  if ((uint16_t)(port - f->port_base) < f->port_count) return 0;
  for (int i = 0; i < f->ports; i++)
    if (f->port[i] == port) return 0;
  if (f->ports == FILTER_PORTS) return -EMFILE;
  f->port[f->ports++] = port;
  return attach(raw);
}

void raw_fds(struct net *net, int fd[NET_FDS]) {
  struct raw *raw = (struct raw *)net;
  for (int i = 0; i < NET_FDS; i++)
    fd[i] = i <= RAW_SEND6 || i >= RAW_FDS ? -1 : raw->fd[i];
  fd[RAW_SPD] = raw->spd.fd;
}

static void drain(int fd) {
  uint8_t byte;
  while (recv(fd, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0) continue;
}

void raw_rest(const int32_t fd[RAW_FDS]) {
  for (int i = RAW_ICMP4; i < RAW_FDS; i++) {
    if (fd[i] < 0) continue;
    filter_none(fd[i]);
    listen_at(i, fd[i], 0);
    drain(fd[i]);
  }
}

void raw_end(struct raw *raw, int32_t *keep) {
  if (keep) {
    memcpy(keep, raw->fd, sizeof raw->fd);
    raw_rest(raw->fd);
  } else {
    close_all(raw->fd);
  }
  if (keep && !raw->own_spd) keep[RAW_SPD] = raw->spd.fd;
  else if (raw->spd.fd >= 0) close(raw->spd.fd);
  ports_close(&raw->ports);
  route_close(&raw->route);
  flow_close(&raw->flow);
  free(raw->out);
  free(raw->in);
}

static void raw_close(struct net *net, int32_t *keep) {
  raw_end((struct raw *)net, keep);
  free(net);
}

static const struct net_ops raw_ops = {
    .name = "raw",
    .route = raw_route,
    .reserve = raw_reserve,
    .send = raw_send,
    .receive = raw_receive,
    .fds = raw_fds,
    .close = raw_close};

void raw_forget(struct raw *raw, const int32_t fd[RAW_SOCKETS]) {
  for (int i = 0; i < RAW_FDS; i++) raw->fd[i] = -1;
  if (raw->spd.fd == fd[RAW_SPD]) raw->spd.fd = -1;
}

int raw_init(struct raw *raw, const int32_t fd[RAW_SOCKETS], uint64_t seed,
             uint32_t regions) {
  struct rand rand = {seed};
  for (int i = 0; i < RAW_FDS; i++) raw->fd[i] = -1;
  raw->spd.fd = -1;
  route_init(&raw->route);
  flow_init(&raw->flow);
  raw->net.ops = &raw_ops;
  raw->net.caps = RAW_CAPS;
  int err = ports_open(&raw->ports, &rand);
  if (err) goto fail;
  err = -ENOMEM;
  if (!(raw->out = raw_send_new()) || !(raw->in = raw_receive_new()))
    goto fail;
  raw->filter.echo_count = (uint16_t)regions;
  raw->filter.echo_base =
      (uint16_t)(1 + rand_below(&rand, 0xffff - regions));
  raw->filter.port_base = raw->ports.base;
  raw->filter.port_count = NET_PORTS;
  raw->net.port_base = raw->ports.base;
  raw->net.echo_base = raw->filter.echo_base;
  for (int i = 0; i < RAW_FDS; i++) {
    raw->fd[i] = fd[i];
    raw->dropped[i] = lost(fd[i]);
  }
  raw->mark = mark_of(fd[fd[RAW_SEND4] >= 0 ? RAW_SEND4 : RAW_SEND6]);
  raw->quick = RAW_QUICK;
  set_caps(raw);
  raw->able = can_tell(fd[RAW_SEND4]);
  if ((err = attach(raw))) goto fail;
  spd_open(&raw->spd, fd[RAW_SPD]);
  raw->own_spd = fd[RAW_SPD] < 0;
  return 0;
fail:
  raw_forget(raw, fd);                 /* they are still the caller's */
  raw_end(raw, NULL);
  return err;
}

int raw_open(struct net **net, const int32_t fd[RAW_SOCKETS], uint64_t seed,
             uint32_t regions) {
  struct raw *raw = calloc(1, sizeof *raw);
  if (!raw) return -ENOMEM;
  int err = raw_init(raw, fd, seed, regions);
  if (err) free(raw);
  else *net = &raw->net;
  return err;
}
