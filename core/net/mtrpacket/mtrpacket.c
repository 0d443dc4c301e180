/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/mtrpacket.h"

#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "mtr.h"
#include "net/host/flow.h"
#include "net/host/ports.h"
#include "net/host/route.h"
#include "net/host/spd.h"
#include "net/mtrpacket/worker.h"

enum { GREET_POLL_MS = 50 };

struct mtrpacket {
  struct net net;        /* first */
  struct route route;
  struct flow flow;
  struct spd spd;        /* only if this process may see the policies */
  struct ports ports;    /* reserves the first of a block; we use the rest */
  struct worker *worker[MTRPACKET_WORKERS];
  unsigned workers;
  unsigned turn;         /* the worker that gets the next probe */
  int epoll;             /* over all their pipes; the loop polls only this */
  pid_t watched[MTRPACKET_WORKERS];    /* children whose pipes are in it */
  int full[MTRPACKET_WORKERS];         /* 1: waits until it can be written */
  int bound;             /* 1: the first probe has chosen the interface */
  uint32_t interface;    /* mtr-packet keeps the first probe's for all others */
  char device[IF_NAMESIZE];
  uint8_t source[2][16]; /* without privilege it keeps the first source too */
  char why[256];         /* the reason of the last refusal */
  char path[];
};

static void watch(struct mtrpacket *m, unsigned i) {
  struct worker *w = m->worker[i];
  if (m->watched[i] == w->child.pid) return;
  m->watched[i] = w->child.pid;        /* epoll drops closed pipes by itself */
  m->full[i] = 0;
  if (!w->child.pid) return;
  struct epoll_event ev = {.events = EPOLLIN};
  epoll_ctl(m->epoll, EPOLL_CTL_ADD, w->child.out, &ev);
  epoll_ctl(m->epoll, EPOLL_CTL_ADD, w->child.err, &ev);
  ev.events = 0;
  epoll_ctl(m->epoll, EPOLL_CTL_ADD, w->child.in, &ev);
}

static void flush(struct mtrpacket *m, unsigned i) {
  struct worker *w = m->worker[i];
  int full = worker_flush(w);
  if (full == m->full[i]) return;
  struct epoll_event ev = {.events = full ? EPOLLOUT : 0};
  if (!epoll_ctl(m->epoll, EPOLL_CTL_MOD, w->child.in, &ev)) m->full[i] = full;
}

static int is_stream(const struct wire_probe *p) {
  return p->protocol != WIRE_ICMP && p->protocol != WIRE_UDP;
}

/* Returns the first worker from |i| on that is not lost; NULL: all are. */
static struct worker *alive(const struct mtrpacket *m, unsigned i) {
  for (unsigned k = 0; k < m->workers; k++) {
    struct worker *w = m->worker[(i + k) % m->workers];
    if (w->state != WORKER_LOST) return w;
  }
  return NULL;
}

static unsigned fold(const uint8_t addr[16]) {
  unsigned sum = 0;
  for (int i = 0; i < 16; i++) sum = sum * 31 + addr[i];
  return sum;
}

/* Returns a worker with room for |p|: for UDP the one of the destination,
 * otherwise the next in turn. NULL: none has room now. |*lost| 1: none will
 * ever have. */
static struct worker *choose(struct mtrpacket *m, const struct wire_probe *p,
                             int *lost) {
  struct worker *w;
  if (p->protocol == WIRE_UDP) {
    w = alive(m, m->workers > 1 ? fold(p->dst) % m->workers : 0);
    *lost = !w;
    return w && worker_room(w, 0) ? w : NULL;
  }
  for (unsigned i = 0; i < m->workers; i++) {
    w = m->worker[(m->turn + i) % m->workers];
    if (!worker_room(w, is_stream(p))) continue;
    m->turn = (m->turn + i + 1) % m->workers;
    return w;
  }
  *lost = !alive(m, 0);
  return NULL;
}

static int bind_to(struct mtrpacket *m, uint32_t interface) {
  if (m->bound) return m->interface == interface ? 0 : EOPNOTSUPP;
  m->bound = 1;
  m->interface = interface;
  return interface && !if_indextoname(interface, m->device) ? ENODEV : 0;
}

static uint32_t mtrpacket_send(struct net *net, const struct wire_probe *v,
                               uint32_t n, struct net_sent *sent) {
  struct mtrpacket *m = (struct mtrpacket *)net;
  int64_t now = net->now();
  uint32_t i = 0;
  for (; i < n; i++) {
    int lost = 0;
    struct worker *w = choose(m, &v[i], &lost);
    if (!w && !lost) break;
    int err = lost ? EPIPE : bind_to(m, v[i].interface);
    if (!err) err = -worker_send(w, &v[i], m->device, now);
    if (err == EAGAIN) break;
    sent[i] = (struct net_sent){.at = now, .size = mtrp_size(&v[i]),
                                .error = (uint16_t)err};
  }
  for (unsigned k = 0; k < m->workers; k++) flush(m, k);
  return i;
}

static uint32_t mtrpacket_receive(struct net *net, unsigned i,
                                  struct wire_reply *v, uint32_t n,
                                  const struct net_clock *clock, int *more) {
  struct mtrpacket *m = (struct mtrpacket *)net;
  uint32_t k = 0;
  (void)i;
  *more = 0;
  if (n > WORKER_BATCH) n = WORKER_BATCH;
  net->malformed = 0;
  net->unheard = 0;
  for (unsigned w = 0; w < m->workers; w++) {
    int again = 1;
    if (k < n)
      k += worker_read(m->worker[w], v + k, n - k, clock->now, &again);
    *more |= again;
    watch(m, w);
    flush(m, w);
    net->malformed += m->worker[w]->faults + m->worker[w]->lines.too_long;
    int64_t at = worker_unheard(m->worker[w]);
    if (at && (!net->unheard || at < net->unheard)) net->unheard = at;
  }
  return k;
}

static int64_t mtrpacket_deadline(struct net *net) {
  struct mtrpacket *m = (struct mtrpacket *)net;
  int64_t at = INT64_MAX;
  for (unsigned i = 0; i < m->workers; i++) {
    int64_t one = worker_deadline(m->worker[i]);
    if (one < at) at = one;
  }
  return at;
}

/* Refusals, and their reasons. */

static const char *protocol_name(int protocol) {
  return protocol == WIRE_ICMP ? "icmp" : protocol == WIRE_UDP ? "udp" : "tcp";
}

static int refuse(struct mtrpacket *m, struct net_route *r, const char *what,
                  const char *because) {
  snprintf(m->why, sizeof m->why, "%s is not possible with transport "
           "mtr-packet%s%s", what, *because ? ": " : "", because);
  r->why = m->why;
  return -EOPNOTSUPP;
}

static int protocol_able(struct mtrpacket *m, struct net_route *r) {
  const struct greeting *g = &m->worker[0]->hello;
  uint32_t need = r->protocol == WIRE_ICMP  ? GREETING_ICMP
                  : r->protocol == WIRE_UDP ? GREETING_UDP : GREETING_TCP;
  char what[32];
  snprintf(what, sizeof what, "protocol \"%s\"", protocol_name(r->protocol));
  if (!(g->can & need) && !(g->can & GREETING_RAW))
    return refuse(m, r, what, "it runs without its privilege and can do icmp "
                  "only; as root, setcap cap_net_raw+ep mtr-packet");
  if (!(g->can & need) || (r->protocol == WIRE_UDP && r->family == 6 &&
                           !g->dialect.udp6))
    return refuse(m, r, what, "this version does not know it");
  if (r->protocol == WIRE_TCP && m->workers > 1)
    return refuse(m, r, what, "with workers above 1 it mixes up the answers");
  return 0;
}

/* Whether it is in fe80::/10. mtr-packet's protocol cannot express a zone. */
static int is_link_local(const struct net_route *r) {
  return r->family == 6 && r->dst[0] == 0xfe && r->dst[1] >> 6 == 2;
}

static int able(struct mtrpacket *m, struct net_route *r) {
  const struct greeting *g = &m->worker[0]->hello;
  if (!alive(m, 0)) {
    snprintf(m->why, sizeof m->why, "mtr-packet ended again and again %.180s",
             m->worker[0]->child.words);
    r->why = m->why;
    return -EPIPE;
  }
  if (m->worker[0]->state == WORKER_GREETING) return 0;
  if (!(g->can & (r->family == 4 ? GREETING_IP4 : GREETING_IP6)))
    return -EAFNOSUPPORT;
  int err = protocol_able(m, r);
  if (err) return err;
  if (r->mark && !(g->can & GREETING_MARK))
    return refuse(m, r, "mark", "this version does not know it");
  if (r->interface && !g->dialect.device)
    return refuse(m, r, "interface", "it takes 0.96 or later");
  if (m->bound && r->interface != m->interface)
    return refuse(m, r, "another interface than the first trace's", "");
  if (r->broadcast && route_is_group(r))
    return refuse(m, r, "allow_broadcast", "");
  return is_link_local(r) ? refuse(m, r, "a link-local target", "") : 0;
}

/* Without privilege there is one source address per family: takes that of the
 * first route, and refuses |r| if it has another one. */
static int one_source(struct mtrpacket *m, struct net_route *r) {
  static const uint8_t none[16];
  uint8_t *first = m->source[r->family == 6];
  if (m->net.caps & MTR_CAP_UDP) return 0;
  if (!memcmp(first, none, sizeof none)) memcpy(first, r->src, sizeof none);
  return memcmp(first, r->src, sizeof none)
             ? refuse(m, r, "another source than the first trace's",
                      "it runs without its privilege")
             : 0;
}

/* Returns what the kernel knows of a probe of mtr-packet. For TCP it uses
 * sockets of the kernel; on IPv6 raw sockets of the protocol; on IPv4 one
 * socket for whole packets. */
static enum flow_known known_of(const struct net_route *r) {
  if (r->protocol == WIRE_TCP) return FLOW_PORTS;
  return r->family == 6 ? FLOW_PROTOCOL : FLOW_NOTHING;
}

static int way(struct mtrpacket *m, struct net_route *r) {
  int err = able(m, r);
  if (err) return err;
  if (flow_matters(&m->flow, r->family, r->now)) {
    err = flow_route(&m->flow, &m->route, r, known_of(r));
    return err ? err : one_source(m, r);
  }
  err = route_find(&m->route, r);
  if (err == -EPERM && r->mark) {      /* only mtr-packet may set a mark */
    uint32_t mark = r->mark;
    r->mark = 0;
    err = route_find(&m->route, r);
    r->mark = mark;
  }
  return err ? err : one_source(m, r);
}

static int mtrpacket_route(struct net *net, struct net_route *r) {
  struct mtrpacket *m = (struct mtrpacket *)net;
  int err = way(m, r);
  if (err) return err;
  spd_hear(&m->spd);
  return spd_check(&m->spd, r, known_of(r));
}

static int mtrpacket_reserve(struct net *net, int protocol, uint16_t port) {
  (void)net;
  (void)protocol;
  (void)port;
  return 0;                            /* mtr-packet may bind it itself */
}

static void mtrpacket_fds(struct net *net, int fd[NET_FDS]) {
  for (int i = 0; i < NET_FDS; i++) fd[i] = -1;
  fd[0] = ((struct mtrpacket *)net)->epoll;
}

static void mtrpacket_close(struct net *net, int32_t *keep) {
  struct mtrpacket *m = (struct mtrpacket *)net;
  (void)keep;                          /* it has no sockets to keep */
  for (unsigned i = 0; i < m->workers; i++) worker_free(m->worker[i]);
  if (m->epoll >= 0) close(m->epoll);
  ports_close(&m->ports);
  route_close(&m->route);
  flow_close(&m->flow);
  if (m->spd.fd >= 0) close(m->spd.fd);
  free(m);
}

static const struct net_ops mtrpacket_ops = {
    .name = "mtr-packet",
    .route = mtrpacket_route,
    .reserve = mtrpacket_reserve,
    .send = mtrpacket_send,
    .receive = mtrpacket_receive,
    .deadline = mtrpacket_deadline,
    .fds = mtrpacket_fds,
    .close = mtrpacket_close};

/* Opening. */

/* Starts the workers, and waits until the greeting of each ended or failed. */
static int start_all(struct mtrpacket *m, unsigned n, int starter,
                     int64_t (*now)(void)) {
  struct wire_reply none[1];
  int greeting = 1, more, err;
  for (unsigned i = 0; i < n; i++) {
    if (!(m->worker[i] = worker_new(m->path))) return -ENOMEM;
    m->workers++;
    m->worker[i]->starter = starter;
    if ((err = worker_start(m->worker[i], now()))) return err;
  }
  while (greeting) {
    struct pollfd fd[MTRPACKET_WORKERS];
    greeting = 0;
    for (unsigned i = 0; i < n; i++) {
      struct worker *w = m->worker[i];
      if (w->state == WORKER_GREETING) worker_read(w, none, 1, now(), &more);
      int waits = w->state == WORKER_GREETING;
      fd[i] = (struct pollfd){.fd = waits ? w->child.out : -1,
                              .events = POLLIN};
      greeting += waits;
    }
    if (greeting) poll(fd, n, GREET_POLL_MS);
  }
  return 0;
}

/* Returns why |w| did not become ready: -errno, and a text in |why|. */
static int failure(const struct worker *w, char *why, size_t size) {
  const char *words = w->child.words, *colon = *words ? ": " : "";
  if (strstr(words, "Failure to open")) {
    int locked = w->starter < 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    snprintf(why, size, "%s lacks the privilege that it needs (%s): %s%s",
             w->path, words,
             locked ? "this process may not gain any (no_new_privs); if that "
                      "is mtrlua's doing, give --transport mtr-packet"
                    : "as root, setcap cap_net_raw+ep ",
             locked ? "" : w->path);
    return -EPERM;
  }
  if (w->error == EPIPE)
    snprintf(why, size, "%s ended at once%s%s", w->path, colon, words);
  else if (w->error == ETIMEDOUT)
    snprintf(why, size, "%s does not answer%s%s", w->path, colon, words);
  else
    snprintf(why, size, "%s does not speak mtr-packet's protocol%s%s", w->path,
             colon, words);
  return -w->error;
}

static void set_caps(struct mtrpacket *m, char *why, size_t size) {
  const struct greeting *g = &m->worker[0]->hello;
  const uint32_t can[][2] = {
      {GREETING_ICMP, MTR_CAP_ICMP}, {GREETING_UDP, MTR_CAP_UDP},
      {GREETING_IP4, MTR_CAP_IPV4}, {GREETING_IP6, MTR_CAP_IPV6},
      {GREETING_RAW, MTR_CAP_EXT}};
  for (unsigned i = 0; i < sizeof can / sizeof *can; i++)
    if (g->can & can[i][0]) m->net.caps |= can[i][1];
  if (g->can & GREETING_TCP && m->workers == 1) m->net.caps |= MTR_CAP_TCP;
  if (g->can & GREETING_UDP && g->dialect.ports4) m->net.caps |= MTR_CAP_PORTS4;
  if (g->can & GREETING_UDP && g->dialect.ports6) m->net.caps |= MTR_CAP_PORTS6;
  snprintf(why, size, "%s %s can be run%s", m->path, g->version,
           g->can & GREETING_RAW ? "" : ", without its privilege: icmp only");
}

int mtrpacket_open(struct net **net, const char *path, unsigned workers,
                   int starter, uint64_t seed, int64_t (*now)(void), char *why,
                   size_t size) {
  struct mtrpacket *m = calloc(1, sizeof *m + strlen(path) + 1);
  struct rand rand = {seed};
  if (!m) return -ENOMEM;
  strcpy(m->path, path);
  m->net.ops = &mtrpacket_ops;
  route_init(&m->route);
  flow_init(&m->flow);
  spd_open(&m->spd, -1);
  m->epoll = epoll_create1(EPOLL_CLOEXEC);
  int err = m->epoll < 0 ? -errno : ports_open(&m->ports, &rand);
  m->net.port_base = (uint16_t)(m->ports.base + 1);
  if (!err && (err = start_all(m, workers, starter, now)))
    snprintf(why, size, "%s cannot be run", path);
  for (unsigned i = 0; i < workers && !err; i++) {
    watch(m, i);
    if (m->worker[i]->state != WORKER_READY)
      err = failure(m->worker[i], why, size);
  }
  if (err) {
    mtrpacket_close(&m->net, NULL);
    return err;
  }
  set_caps(m, why, size);
  *net = &m->net;
  return 0;
}
