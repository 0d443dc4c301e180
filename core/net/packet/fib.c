/* SPDX-License-Identifier: MIT */
#include "net/packet/fib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/host/flow.h"
#include "net/packet/fib_load.h"
#include "net/packet/fib_table.h"
#include "wire/record.h"

enum {
  RELOAD_NS = 10000000,  /* least time between reloads while routes change */
  FRESH_NS = 1000000000  /* how long an answer is valid */
};

/* Whether one more question may be asked in this second; counts it. */
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

/* Whether raw would send over |r| too. Raw cannot give its ports to the kernel;
 * the protocol only since Linux 6.4. */
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

/* Returns the kernel's answer about |dst|, at most a second old. */
static struct fib_route *answer(struct fib *f, int family,
                                const uint8_t dst[16], int64_t now) {
  if (!f->answer) f->answer = calloc(FIB_ANSWERS, sizeof *f->answer);
  if (!f->answer) return NULL;
  uint32_t spread = (uint32_t)(f->flow ^ f->flow >> 32);
  struct fib_answer *a = &f->answer[fib_hash(dst, spread) % FIB_ANSWERS];
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

/* Returns the link |index|. While it cannot be used, the kernel is asked about
 * it once a second. */
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
