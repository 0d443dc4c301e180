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

#include "net/raw/filters.h"
#include "net/raw/helped.h"
#include "net/raw/receive.h"
#include "net/raw/send.h"
#include "net/raw/sockets.h"

int raw_sockets(int32_t fd[RAW_SOCKETS], uint32_t mark) {
  fd[RAW_SPD] = -1;
  int err = sockets_open(fd, mark);
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

static int has(const struct raw *raw, int i) { return raw->have >> i & 1; }

/* Sets the caps of |raw| by the sockets that it has. */
static void set_caps(struct raw *raw) {
  int six = sockets_usable(raw->have, 6);
  uint32_t no = 0;
  if (!sockets_usable(raw->have, 4)) no |= MTR_CAP_IPV4 | MTR_CAP_PORTS4;
  if (!six) no |= MTR_CAP_IPV6 | MTR_CAP_PORTS6;
  if (!has(raw, RAW_TCP4) && !has(raw, RAW_TCP6)) no |= MTR_CAP_TCP;
  if (!has(raw, RAW_UDP4) && !has(raw, RAW_UDP6)) no |= MTR_CAP_UDP;
  raw->net.caps &= ~no;
  raw->net.lack =
      no & MTR_CAP_IPV4   ? exists(AF_INET) ? "sockets of IPv4 are refused to "
                                              "this process"
                                            : "this host has no IPv4"
      : no & MTR_CAP_IPV6 ? exists(AF_INET6) ? "sockets of IPv6 are refused to "
                                               "this process"
                                             : "this host has no IPv6"
      : !has(raw, RAW_TCP4) || (six && !has(raw, RAW_TCP6))
          ? "sockets of TCP are refused to this process"
      : !has(raw, RAW_UDP4) || (six && !has(raw, RAW_UDP6))
          ? "sockets of UDP are refused to this process" : NULL;
}

int raw_usable(const struct raw *raw, struct net_route *r) {
  int more = r->family == 6 ? RAW_ICMP6 - RAW_ICMP4 : 0;
  int i = more + (r->protocol == WIRE_TCP   ? RAW_TCP4
                  : r->protocol == WIRE_UDP ? RAW_UDP4 : RAW_ICMP4);
  if (raw->net.broken) {
    r->why = raw->helped ? "mtr-sockets has ended, or does not answer"
                         : "what comes back cannot be read by this process";
    return -raw->net.broken;
  }
  if (!sockets_usable(raw->have, r->family) && !exists(r->family == 4 ? AF_INET
                                                            : AF_INET6))
    return -EAFNOSUPPORT;
  if (sockets_usable(raw->have, r->family) && has(raw, i)) return 0;
  r->why = sockets_usable(raw->have, r->family)
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

/* A socket of TCP or UDP would receive all such traffic of this host, so each
 * listens only when a trace needs it. */
void raw_hear(struct raw *raw, int family, int protocol) {
  int i = protocol == WIRE_TCP   ? RAW_TCP4
          : protocol == WIRE_UDP ? RAW_UDP4 : RAW_ICMP4;
  if (family == 6) i += RAW_ICMP6 - RAW_ICMP4;
  if (raw->heard >> i & 1) return;
  if (raw->helped) helped_hear(raw->helped, i);
  else if (!raw->quiet) sockets_listen(i, raw->fd[i], 1);
  raw->heard |= 1u << i;
}

void raw_hush(struct raw *raw, int quiet) {
  raw->quiet = quiet;
  for (int i = 0; i < RAW_FDS; i++)
    if (raw->heard >> i & 1) sockets_listen(i, raw->fd[i], !quiet);
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
  if (raw->helped) return err;
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
  return filters_set(raw);
}

static int64_t helped_due(struct net *net) {
  const struct raw *raw = (const struct raw *)net;
  int64_t at = net->broken ? INT64_MAX : helped_deadline(raw->helped);
  return raw->again && raw->again < at ? raw->again : at;
}

/* The descriptor of mtr-sockets is number 0, which is read when it is due. */
void raw_fds(struct net *net, int fd[NET_FDS]) {
  struct raw *raw = (struct raw *)net;
  for (int i = 0; i < NET_FDS; i++)
    fd[i] = i <= RAW_SEND6 || i >= RAW_FDS ? -1 : raw->fd[i];
  if (raw->helped) fd[0] = helped_fd(raw->helped);
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
    sockets_listen(i, fd[i], 0);
    drain(fd[i]);
  }
}

void raw_end(struct raw *raw, int32_t *keep) {
  if (keep) {
    memcpy(keep, raw->fd, sizeof raw->fd);
    raw_rest(raw->fd);
  } else {
    sockets_close(raw->fd);
  }
  helped_end(raw->helped);
  if (keep && !raw->opened_spd) keep[RAW_SPD] = raw->spd.fd;
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

static const struct net_ops helped_ops = {
    .name = "raw",
    .route = raw_route,
    .reserve = raw_reserve,
    .send = raw_send,
    .receive = raw_receive,
    .deadline = helped_due,
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
  raw->net.ops = raw->helped ? &helped_ops : &raw_ops;
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
  raw->quick = RAW_UNKNOWN;
  raw->able = sockets_able(fd[RAW_SEND4]);
  if ((err = filters_set(raw))) goto fail;
  raw->have = raw->helped ? helped_have(raw->helped) : sockets_have(fd);
  if (raw->helped) raw->able = helped_able(raw->helped);
  set_caps(raw);
  spd_open(&raw->spd, fd[RAW_SPD]);
  raw->opened_spd = fd[RAW_SPD] < 0;
  return 0;
fail:
  raw_forget(raw, fd);                 /* they are still the caller's */
  raw->helped = NULL;
  raw_end(raw, NULL);
  return err;
}

int raw_open(struct net **net, const int32_t fd[RAW_SOCKETS],
             struct helped *helped, uint64_t seed, uint32_t regions) {
  struct raw *raw = calloc(1, sizeof *raw);
  if (!raw) return -ENOMEM;
  raw->helped = helped;
  int err = raw_init(raw, fd, seed, regions);
  if (err) free(raw);
  else *net = &raw->net;
  return err;
}
