/* SPDX-License-Identifier: MIT */
#include "net/packet/packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/packet/fib.h"
#include "net/packet/fib_load.h"
#include "net/packet/receive.h"
#include "net/packet/send.h"
#include "net/raw/raw.h"

enum { SEND_BUFFER = 4 << 20 };

int packet_sockets(int32_t all[PACKET_FDS], uint32_t mark) {
  int err = 0, bytes = SEND_BUFFER;
  int32_t *fd = all + PACKET_4;
  fd[0] = fd[1] = -1;
  for (int i = 0; i < 2 && !err; i++) {
    fd[i] = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd[i] < 0) {
      err = -errno;
      break;
    }
    if (setsockopt(fd[i], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes))
      setsockopt(fd[i], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    err = filter_none(fd[i]);
    if (!err && mark &&
        setsockopt(fd[i], SOL_SOCKET, SO_MARK, &mark, sizeof mark))
      err = -errno;
  }
  for (int i = 0; i < 2 && err; i++) {
    if (fd[i] >= 0) close(fd[i]);
    fd[i] = -1;
  }
  return err;
}

/* Whether |r| has conditions that the tables cannot answer. */
static int special(const struct net_route *r) {
  static const uint8_t none[16];
  int group = r->family == 4 ? r->dst[0] >= 0xe0 : r->dst[0] == 0xff;
  return group || r->interface || r->mark || r->broadcast ||
         memcmp(r->src, none, sizeof none);
}

/* Finds a route where rules look at more than addresses. If raw would take
 * another one, packet sends by itself, provided that it was asked for. */
static int by_flow(struct packet *p, struct net_route *r) {
  const char *why;
  raw_hear(&p->raw, r->family, WIRE_ICMP);
  raw_hear(&p->raw, r->family, r->protocol);
  if (p->gear != PACKET_SLOW) packet_tune(p);
  struct fib_route *route = fib_find(&p->fib, r->family, r->dst, r->now);
  if (p->fib.same || !p->eager) return raw_route(&p->raw.net, r);
  struct fib_hop *h = fib_hop(&p->fib, r->family, r->dst, route, &why, r->now);
  if (h && !h->known) route_poke(r->family, h->addr, h->link);
  return flow_route(&p->raw.flow, &p->raw.route, r, FLOW_PORTS);
}

/* In IPv4 all destinations of a route have the same source address, so the
 * kernel is asked for it once. In IPv6 the source depends on the destination
 * (RFC 6724). */
static int way(struct packet *p, struct net_route *r) {
  static const uint8_t none[16];
  struct fib_route *route = NULL;
  const char *why;
  int err = raw_usable(&p->raw, r);
  if (err) return err;
  fib_flow(&p->fib, r->family, r->protocol, r->sport, r->dport, r->tos);
  if (p->fib.flow && !special(r)) return by_flow(p, r);
  if (!special(r)) route = fib_find(&p->fib, r->family, r->dst, r->now);
  if (route && route->way == FIB_LINK && memcmp(route->src, none, 16)) {
    memcpy(r->src, route->src, sizeof r->src);
    raw_hear(&p->raw, r->family, WIRE_ICMP);
    raw_hear(&p->raw, r->family, r->protocol);
  } else {
    if ((err = raw_route(&p->raw.net, r))) return err;
    if (route && route->way == FIB_LINK && r->family == 4)
      memcpy(route->src, r->src, sizeof r->src);
  }
  if (p->gear != PACKET_SLOW) packet_tune(p);
  if (route) fib_hop(&p->fib, r->family, r->dst, route, &why, r->now);
  return 0;
}

static int packet_route(struct net *net, struct net_route *r) {
  struct packet *p = (struct packet *)net;
  int err = way(p, r);
  return err ? err : raw_follow(&p->raw, r);
}

static int packet_reserve(struct net *net, int protocol, uint16_t port) {
  struct packet *p = (struct packet *)net;
  unsigned ports = p->raw.filter.ports;
  int err = raw_reserve(net, protocol, port);
  if (err || p->raw.filter.ports == ports || p->gear == PACKET_SLOW)
    return err;
  p->tuned[0] = p->tuned[1] = 0;
  return packet_tune(p);
}

static void packet_fds(struct net *net, int fd[NET_FDS]) {
  struct packet *p = (struct packet *)net;
  raw_fds(net, fd);
  fd[PACKET_4] = p->fd[0];
  fd[PACKET_6] = p->fd[1];
  fd[PACKET_NEWS] = fib_fd(&p->fib);
}

static void packet_close(struct net *net, int32_t *keep) {
  struct packet *p = (struct packet *)net;
  for (int i = 0; i < 2; i++) {
    if (keep && p->fd[i] >= 0) filter_none(p->fd[i]);
    if (net->forked) p->ring[i].fd = -1;         /* leaves the kernel's half */
    ring_close(&p->ring[i]);
    if (keep) keep[PACKET_4 + i] = p->fd[i];
    else if (p->fd[i] >= 0) close(p->fd[i]);
  }
  raw_end(&p->raw, keep);
  fib_close(&p->fib);
  free(p->out);
  free(p->ext);
  free(p);
}

static const struct net_ops packet_ops = {
    .name = "packet",
    .route = packet_route,
    .reserve = packet_reserve,
    .send = packet_send,
    .receive = packet_receive,
    .fds = packet_fds,
    .close = packet_close};

int packet_open(struct net **net, const int32_t fd[PACKET_FDS], uint64_t seed,
                uint32_t regions, int eager, int64_t now) {
  struct packet *p = calloc(1, sizeof *p);
  if (!p) return -ENOMEM;
  p->eager = eager;
  int err = raw_init(&p->raw, fd, seed, regions);
  if (err) {
    free(p);
    return err;
  }
  p->raw.net.ops = &packet_ops;
  p->fd[0] = p->fd[1] = -1;
  p->out = packet_send_new();
  p->ext = calloc(RAW_BATCH, sizeof *p->ext);
  err = fib_open(&p->fib, p->raw.mark, now);
  p->fib.able = p->raw.able;
  if (!err && (!p->out || !p->ext)) err = -ENOMEM;
  if (err) {
    raw_forget(&p->raw, fd);           /* they are still the caller's */
    packet_close(&p->raw.net, NULL);
    return err;
  }
  for (int i = 0; i < 2; i++) p->fd[i] = p->ring[i].fd = fd[PACKET_4 + i];
  *net = &p->raw.net;
  return 0;
}
