/* SPDX-License-Identifier: MIT */
#include "net/packet/fib_table.h"

#include <errno.h>
#include <string.h>

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

/* Whether two entries are next hops of one route: the kernel may report each
 * next hop as a route. */
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

uint32_t fib_hash(const uint8_t addr[16], uint32_t link) {
  uint64_t w[2];
  memcpy(w, addr, sizeof w);
  return (uint32_t)((w[0] ^ w[1] * 31 ^ link) * 0x9e3779b97f4a7c15ull >> 32);
}

struct fib_hop *fib_place(struct fib *f, int family, const uint8_t addr[16],
                          uint32_t link) {
  return &f->hop[(fib_hash(addr, link) ^ (uint32_t)family) % FIB_HOPS];
}
