/* SPDX-License-Identifier: MIT */
#include "net/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/sim/answer.h"
#include "net/sim/chance.h"
#include "net/sim/walk.h"
#include "wire/build.h"
#include "wire/parse.h"

enum {
  PARCEL_SMALL = 192, PARCEL_LARGE = 2048,         /* bytes of a slot */
  PARCELS = 1 << 24,
  COPY_NS = 50000,       /* between copies of a reply */
  AGAIN_NS = 1000000, REFUSALS_MOST = 7000,        /* of one probe */
  BUSY = 64,             /* packets on their way, from which there is slack */
  SLACK_NS = 16000, SLACK_MAX_NS = 16000000,       /* per packet; at most */
  PORT_BASE = 20480, ECHO_BASE = 7000,
  SMALL, LARGE           /* kinds of timers */
};

/* A packet that waits for its time of arrival. */
struct parcel {
  uint32_t next;         /* used by the slab while free; then see s->given */
  uint16_t size;         /* bytes kept */
  uint16_t whole;        /* bytes of the packet */
  struct timer timer;
  uint8_t bytes[];
};

static struct slab *slab_of(struct sim *s, uint32_t kind) {
  return kind == SMALL ? &s->small : &s->large;
}

/* Lets the packet in s->in, |size| bytes, arrive at |at|. */
static void post(struct sim *s, size_t size, int64_t at) {
  size_t room = PARCEL_SMALL - sizeof(struct parcel);
  uint32_t kind = size <= room ? SMALL : LARGE;
  if (kind == LARGE) room = PARCEL_LARGE - sizeof(struct parcel);
  slab_reserve(slab_of(s, kind), 1);   /* grows with the packets waiting */
  uint32_t i = slab_take(slab_of(s, kind));
  if (i == SLAB_NONE) {
    s->net.drops++;
    return;
  }
  struct parcel *p = slab_at(slab_of(s, kind), i);
  p->size = (uint16_t)(size < room ? size : room);
  p->whole = (uint16_t)size;
  p->timer.kind = kind;
  p->timer.index = i;
  memcpy(p->bytes, s->in, p->size);
  wheel_add(&s->wheel, &p->timer, at);
}

/* Frees the parcels of the last receive. */
static void clear(struct sim *s) {
  while (s->given != SLAB_NONE) {
    uint32_t kind = s->given & 1 ? SMALL : LARGE, i = s->given >> 1;
    struct parcel *p = slab_at(slab_of(s, kind), i);
    s->given = p->next;
    slab_give(slab_of(s, kind), i);
  }
}

/* Takes the reply in s->in, |size| bytes, from where |out| ended back to the
 * source. Returns when it arrives; -1: never. */
static int64_t bring_back(struct sim *s, const struct trip *out, size_t size,
                          struct trip *back) {
  const struct mtr_sim_node *node = topo_node(s->topo, out->node);
  *back = *out;
  back->packet = s->in;
  back->size = size;
  back->came = TOPO_NONE;
  back->back = 1;
  back->at += (int64_t)(node->reply_delay * 1e6);
  if (!out->truth) {
    if (chance_of(&s->rand, node->reply_loss)) return -1;
    back->at += chance_ns(&s->rand, node->reply_jitter);
    back->copies += node->copies - 1u;
  }
  struct trip_result r = sim_walk(s, back);
  int home = r.end == TRIP_ARRIVED && back->node == s->topo->source;
  return home ? back->at : -1;
}

/* Sends the packet in s->out. Returns 0 or an errno. The answer is in s->in: it
 * has |*got| bytes (0: no answer) and arrives at |*at|, |*copies| times. */
static int send_one(struct sim *s, size_t size, int truth, int64_t *at,
                    size_t *got, unsigned *copies) {
  *copies = 1;
  if (s->topo->is_internet) {
    *got = internet_send(&s->internet, s->out, size, truth ? NULL : &s->rand,
                         at, s->in);
    return 0;
  }
  struct trip out = {.packet = s->out, .size = size, .node = s->topo->source,
                     .came = TOPO_NONE, .at = *at, .copies = 1,
                     .truth = truth}, back;
  struct trip_result r = sim_walk(s, &out);
  *got = 0;
  if (r.end == TRIP_REFUSED) return (int)r.code;
  size_t n = sim_answer(s, &out, &r);
  if (!n || (*at = bring_back(s, &out, n, &back)) < 0) return 0;
  *got = n;
  *copies = back.copies;
  return 0;
}

/* Whether a probe that failed with |err| may be sent a moment later: as with
 * raw sockets, a queue is full for a while. */
static int put_off(struct sim *s, int err) {
  s->again = INT64_MAX;
  if (err != ENOBUFS && err != EAGAIN) s->refusals = 0;
  else if (++s->refusals <= REFUSALS_MOST) s->again = s->net.at + AGAIN_NS;
  return s->again != INT64_MAX;
}

static uint32_t sim_send(struct net *net, const struct wire_probe *v,
                         uint32_t n, struct net_sent *sent) {
  struct sim *s = (struct sim *)net;
  for (uint32_t i = 0; i < n; i++) {
    int size = wire_build(&v[i], s->out, SIM_PACKET);
    int64_t at = net->at;
    unsigned copies;
    size_t got = 0;
    sent[i] = (struct net_sent){.at = at};
    if (size > 0) sent[i].size = (uint16_t)size;
    int err = size < 0 ? -size
                       : send_one(s, (size_t)size, 0, &at, &got, &copies);
    if (put_off(s, err)) return i;
    sent[i].error = (uint16_t)err;
    for (unsigned k = 0; !err && got && k < copies; k++)
      post(s, got, at + k * COPY_NS);
  }
  return n;
}

/* Returns how late a busy network card may deliver packets. It collects some
 * before it wakes its host; their time stamps stay exact. */
static int64_t slack_of(const struct sim *s) {
  int64_t slack = (int64_t)s->wheel.count * SLACK_NS;
  if (s->wheel.count < BUSY) return 0;
  return slack < SLACK_MAX_NS ? slack : SLACK_MAX_NS;
}

static uint32_t sim_receive(struct net *net, unsigned i, struct wire_reply *v,
                            uint32_t n, const struct net_clock *clock,
                            int *more) {
  struct sim *s = (struct sim *)net;
  struct timer *t;
  uint32_t k = 0;
  (void)i;
  clear(s);
  if (s->again <= clock->now) s->again = INT64_MAX;
  while (k < n && (t = wheel_expire(&s->wheel, clock->now))) {
    struct parcel *p = slab_at(slab_of(s, t->kind), t->index);
    int err = wire_parse(p->bytes, p->size, p->whole, &v[k]);
    p->next = s->given;
    s->given = t->index << 1 | (t->kind == SMALL);
    v[k].at = t->at;
    v[k].kernel_time = 1;
    if (err == -EBADMSG) net->malformed++;
    if (!err) k++;
  }
  *more = k == n;
  net->slack = slack_of(s);
  return k;
}

static int64_t sim_deadline(struct net *net) {
  struct sim *s = (struct sim *)net;
  int64_t at = wheel_next(&s->wheel);
  return at < s->again ? at : s->again;
}

static int is_group(const struct net_route *r) {
  static const uint8_t all[4] = {255, 255, 255, 255};
  return r->family == 6 ? r->dst[0] == 0xff
                        : r->dst[0] >> 4 == 0xe || !memcmp(r->dst, all, 4);
}

/* Returns the source address for |r|, or NULL if it is impossible. */
static const uint8_t *source(const struct sim *s, const struct net_route *r) {
  static const uint8_t none[16];
  const struct mtr_sim *t = s->topo;
  if (t->is_internet) {
    const uint8_t *us = internet_us(r->family);
    return memcmp(r->src, none, sizeof none) && memcmp(r->src, us, sizeof none)
               ? NULL : us;
  }
  if (!memcmp(r->src, none, sizeof none))
    return topo_address(t, t->source, r->family);
  return topo_has(t, t->source, r->family, r->src) ? r->src : NULL;
}

static int sim_route(struct net *net, struct net_route *r) {
  static const uint8_t none[16];
  const struct sim *s = (struct sim *)net;
  uint32_t way;
  if (r->interface) {
    r->why = "a simulated host has no interfaces to choose from";
    return -EOPNOTSUPP;
  }
  if (is_group(r) && !r->broadcast) return -EACCES;
  const uint8_t *src = source(s, r);
  if (!src) return memcmp(r->src, none, sizeof none) ? -EADDRNOTAVAIL
                                                     : -EAFNOSUPPORT;
  memmove(r->src, src, sizeof r->src);
  if (s->topo->is_internet ||
      topo_owner(s->topo, r->family, r->dst) == s->topo->source ||
      topo_ways(s->topo, s->topo->source, r->family, r->dst,
                (double)(net->at - SIM_START) / 1e6, &way, 1))
    return 0;
  return -ENETUNREACH;
}

static int sim_reserve(struct net *net, int protocol, uint16_t port) {
  (void)net;
  (void)protocol;
  (void)port;
  return 0;
}

/* Resolves the names of nodes. */
static int sim_resolve(struct net *net, const char *name, unsigned family,
                       struct net_route *v, uint32_t n) {
  const struct mtr_sim *t = ((struct sim *)net)->topo;
  const struct mtr_sim_addr *a = t->addrs.v;
  uint32_t k = 0;
  for (uint32_t i = 0; i < t->addrs.count && k < n; i++) {
    int whole = a[i].bits == (a[i].family == 4 ? 32 : 128);
    if (!whole || (family && a[i].family != family) ||
        strcasecmp(topo_node(t, a[i].node)->name, name))
      continue;
    v[k].family = a[i].family;
    memcpy(v[k++].dst, a[i].addr, sizeof v->dst);
  }
  return (int)k;
}

/* Returns the name of a node by its address, if it is one of the DNS: with a
 * dot. */
static const char *sim_name(struct net *net, const uint8_t *addr,
                            unsigned family) {
  const struct mtr_sim *t = ((struct sim *)net)->topo;
  const struct mtr_sim_addr *a = t->addrs.v;
  size_t size = family == 4 ? 4 : 16;
  for (uint32_t i = 0; i < t->addrs.count; i++) {
    const char *name = topo_node(t, a[i].node)->name;
    if (a[i].family == family && a[i].bits == size * 8 &&
        !memcmp(a[i].addr, addr, size))
      return strchr(name, '.') ? name : NULL;
  }
  return NULL;
}

static void sim_fds(struct net *net, int fd[NET_FDS]) {
  (void)net;
  for (int i = 0; i < NET_FDS; i++) fd[i] = -1;
}

static void sim_close(struct net *net, int32_t *keep) {
  struct sim *s = (struct sim *)net;
  for (int i = 0; keep && i < NET_FDS; i++) keep[i] = -1;
  slab_close(&s->small);
  slab_close(&s->large);
  internet_close(&s->internet);
  free(s->buckets);
  free(s->out);
  free(s->in);
  topo_free(s->topo);
  free(s);
}

static const struct net_ops sim_ops = {
    .name = "sim",
    .route = sim_route,
    .reserve = sim_reserve,
    .send = sim_send,
    .receive = sim_receive,
    .resolve = sim_resolve,
    .name_of = sim_name,
    .deadline = sim_deadline,
    .fds = sim_fds,
    .close = sim_close};

int sim_is(const struct net *net) { return net->ops == &sim_ops; }

int sim_truth(struct net *net, const struct wire_probe *p,
              struct wire_reply *r) {
  struct sim *s = (struct sim *)net;
  int size = wire_build(p, s->out, SIM_PACKET);
  int64_t at = net->at;
  unsigned copies;
  size_t got;
  if (size < 0) return size;
  int err = send_one(s, (size_t)size, 1, &at, &got, &copies);
  if (err) return -err;
  if (!got || wire_parse(s->in, got, got, r)) return 0;
  r->at = at;
  return 1;
}

int sim_open(struct net **net, struct mtr_sim *topo, uint64_t seed) {
  struct sim *s = calloc(1, sizeof *s);
  if (!s) return -ENOMEM;
  s->net.ops = &sim_ops;
  s->net.caps = SIM_CAPS;
  s->net.virtual = 1;
  s->net.at = SIM_START;
  s->net.port_base = PORT_BASE;
  s->net.echo_base = ECHO_BASE;
  s->topo = topo;
  s->rand.state = seed;
  s->given = SLAB_NONE;
  s->again = INT64_MAX;
  topo_use(topo);
  slab_init(&s->small, PARCEL_SMALL, PARCELS, 8);
  slab_init(&s->large, PARCEL_LARGE, PARCELS, 5);
  wheel_init(&s->wheel, SIM_START);
  s->buckets = calloc(topo->nodes.count + 1, sizeof *s->buckets);
  s->out = malloc(SIM_PACKET);
  s->in = malloc(SIM_PACKET);
  int err = s->buckets && s->out && s->in ? 0 : -ENOMEM;
  if (!err && topo->is_internet)
    err = internet_init(&s->internet, &topo->internet, topo->seed);
  if (err) sim_close(&s->net, NULL);
  else *net = &s->net;
  return err;
}
