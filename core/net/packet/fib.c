/* SPDX-License-Identifier: MIT
 *
 * fib.c: the copies of the kernel's tables and what is looked up in them. How
 * they are read is in fib_load.c.
 */
#include "net/packet/fib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/host/flow.h"
#include "wire/record.h"

enum {
  RELOAD_NS = 10000000,  /* at most so often, while routes keep changing */
  FRESH_NS = 1000000000  /* how long an answer is good */
};

void fib_clear(struct fib_table *t) {
  t->count = 0;
  t->simple = 1;
  t->by_flow = 0;
}

static int order(const struct fib_route *a, const struct fib_route *b) {
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  if (a->bits != b->bits) return a->bits > b->bits ? -1 : 1;
  if (a->priority == b->priority) return 0;
  return a->priority < b->priority ? -1 : 1;
}

/* Next hops that are told as routes of their own are branches of one. */
static int branches(const struct fib_route *a, const struct fib_route *b) {
  return !order(a, b) && !memcmp(a->dst, b->dst, sizeof a->dst) &&
         a->way == FIB_LINK && b->way == FIB_LINK;
}

int fib_add(struct fib_table *t, const struct fib_route *r) {
  if (t->count == FIB_ROUTES) {
    t->simple = 0;
    return -E2BIG;
  }
  uint32_t i = t->count;
  for (uint32_t k = 0; k < t->count; k++) {
    if (!branches(&t->route[k], r)) continue;
    t->route[k].way = FIB_BRANCHES;
    return 0;
  }
  for (; i && order(r, &t->route[i - 1]) < 0; i--)
    t->route[i] = t->route[i - 1];
  t->route[i] = *r;
  t->count++;
  return 0;
}

struct fib_route *fib_match(struct fib_table *t, const uint8_t dst[16]) {
  uint64_t d[2];
  memcpy(d, dst, sizeof d);
  for (uint32_t i = 0; i < t->count; i++) {
    struct fib_route *r = &t->route[i];
    uint64_t differ = ((d[0] ^ r->dst[0]) & r->mask[0]) |
                      ((d[1] ^ r->dst[1]) & r->mask[1]);
    if (!differ) return r;
  }
  return NULL;
}

static uint32_t hash(const uint8_t addr[16], uint32_t link) {
  uint64_t w[2];
  memcpy(w, addr, sizeof w);
  return (uint32_t)((w[0] ^ w[1] * 31 ^ link) * 0x9e3779b97f4a7c15ull >> 32);
}

struct fib_hop *fib_place(struct fib *f, int family, const uint8_t addr[16],
                          uint32_t link) {
  return &f->hop[(hash(addr, link) ^ (uint32_t)family) % FIB_HOPS];
}

/* Whether one more question may be asked in this second. */
static int may_ask(struct fib *f, int64_t now) {
  if (now - f->since >= FRESH_NS) {
    f->since = now;
    f->asked = 0;
  }
  if (f->asked == FIB_ANSWERS) return 0;
  f->asked++;
  return 1;
}

void fib_flow(struct fib *f, int family, int protocol, uint16_t sport,
              uint16_t dport, uint8_t tos) {
  f->flow = 0;
  f->same = 1;
  if (!f->table[family == 6].by_flow) return;
  if (protocol == WIRE_ICMP) sport = dport = 0;
  f->flow = (uint64_t)sport << 32 | (uint64_t)dport << 16 |
            (uint32_t)protocol << 8 | tos;
}

/* Whether raw, who cannot tell the kernel its ports, goes the way of |r|. */
static int raw_goes(struct fib *f, int family, const uint8_t dst[16],
                    const struct fib_route *r) {
  struct fib_route other;
  uint64_t flow = f->flow;
  if (!flow) return 1;
  uint32_t protocol = (uint8_t)(flow >> 8);
  if (!f->able) protocol = flow_other((uint8_t)protocol);
  f->flow = (flow & 0xff) | protocol << 8;
  fib_query(f, family, dst, &other);
  f->flow = flow;
  return other.way == r->way && other.link == r->link &&
         !memcmp(other.via, r->via, sizeof r->via);
}

/* The kernel's answer about |dst|, a second old at most. */
static struct fib_route *answer(struct fib *f, int family,
                                const uint8_t dst[16], int64_t now) {
  if (!f->answer) f->answer = calloc(FIB_ANSWERS, sizeof *f->answer);
  if (!f->answer) return NULL;
  uint32_t spread = (uint32_t)(f->flow ^ f->flow >> 32);
  struct fib_answer *a = &f->answer[hash(dst, spread) % FIB_ANSWERS];
  if (!a->at || now - a->at >= FRESH_NS || a->family != family ||
      a->flow != f->flow ||
      memcmp(a->dst, dst, sizeof a->dst)) {
    if (!may_ask(f, now)) {
      f->unasked.way = FIB_UNASKED;
      return &f->unasked;
    }
    memcpy(a->dst, dst, sizeof a->dst);
    a->family = (uint8_t)family;
    a->at = now;
    a->flow = f->flow;
    fib_query(f, family, dst, &a->route);
    a->same = (uint8_t)raw_goes(f, family, dst, &a->route);
  }
  f->same = a->same;
  return a->route.way == FIB_NONE ? NULL : &a->route;
}

struct fib_route *fib_find(struct fib *f, int family, const uint8_t dst[16],
                           int64_t now) {
  if (f->stale && now - f->loaded >= RELOAD_NS) fib_load(f, now);
  struct fib_table *t = &f->table[family == 6];
  return t->simple ? fib_match(t, dst) : answer(f, family, dst, now);
}

static const char *reason(const struct fib_route *route) {
  switch (route ? route->way : FIB_NONE) {
  case FIB_LINK: return NULL;
  case FIB_HERE: return "to this host itself";
  case FIB_BRANCHES: return "a route with several next hops";
  case FIB_ODD: return "a route that encapsulates";
  case FIB_UNASKED: return "more destinations than routes can be asked for";
  default: return "no route";
  }
}

/* Number |index|, asked about again while it is no good. */
static struct fib_link *link_of(struct fib *f, uint32_t index, int64_t now) {
  struct fib_link *l = &f->link[index % FIB_LINKS];
  int same = l->index == index;
  if (!same) *l = (struct fib_link){.index = index};
  if (!same || (l->why && now - l->asked >= FRESH_NS)) fib_ask_link(f, l, now);
  return l;
}

struct fib_hop *fib_hop(struct fib *f, int family, const uint8_t dst[16],
                        const struct fib_route *route, const char **why,
                        int64_t now) {
  static const uint8_t none[16];
  if ((*why = reason(route))) return NULL;
  struct fib_link *l = link_of(f, route->link, now);
  if ((*why = l->why)) return NULL;
  const uint8_t *addr = l->bare ? none
                        : memcmp(route->via, none, sizeof none) ? route->via
                                                                : dst;
  struct fib_hop *h = fib_place(f, family, addr, route->link);
  int same = h->family == family && h->link == route->link &&
             !memcmp(h->addr, addr, sizeof h->addr);
  if (!same) {
    *h = (struct fib_hop){.family = (uint8_t)family, .link = route->link,
                          .known = l->bare, .lasting = l->bare,
                          .mtu = l->mtu, .asked = -FRESH_NS};
    memcpy(h->addr, addr, sizeof h->addr);
  }
  if (!h->known && now - h->asked >= FRESH_NS) fib_resolve(f, h, now);
  *why = h->why;
  return h;
}
