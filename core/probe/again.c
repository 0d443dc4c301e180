/* SPDX-License-Identifier: MIT */
#include "probe/again.h"

#include <errno.h>
#include <string.h>

#include "probe/fail.h"
#include "probe/share.h"
#include "wire/proto.h"

/* A trace's SYNs are sent again at most so often before another reply comes. */
enum { TIMES = 15 };

/* Returns 1 if |port| is of our block, not one that the user chose. */
static int in_block(const struct core *c, unsigned port) {
  return ((port - c->config.port_base) & 0xffff) < CORE_PORTS;
}

/* Returns 1 if |r| only acknowledges, and |t| sends SYNs. */
static int acknowledges(const struct trace *t, const struct wire_reply *r) {
  unsigned kinds = PROTO_TCP_SYN | PROTO_TCP_ACK | PROTO_TCP_RST |
                   PROTO_TCP_FIN;
  return r->kind == WIRE_TCP_REPLY &&
         (r->tcp_flags & kinds) == PROTO_TCP_ACK &&
         !(t->opts->flags & MTR_TCP_ACK);
}

/* Has the outstanding probes of |t| from |sport|, with TTLs |low| to |high|,
 * sent again. Returns how many. */
static unsigned send(struct core *c, struct trace *t, unsigned sport,
                     unsigned low, unsigned high, int64_t now) {
  const struct table *table = &c->tables[t->region];
  unsigned n = 0;
  for (uint32_t i = t->oldest; i != SLAB_NONE;) {
    struct probe *p = table_at(table, i);
    i = p->newer;
    if (p->sport != sport || p->ttl < low || p->ttl > high) continue;
    if (t->hops && p->ttl > t->limit) continue;        /* nobody needs it */
    if (!p->size) continue;            /* it is about to leave */
    unsigned size = p->size;
    p->marks |= PROBE_REPORTED;
    fail_probe(c, p->handle, EAGAIN, now);
    c->counters.probes_sent++;         /* it had left all the same */
    c->counters.bytes_sent += size;
    c->counters.given_up++;
    n++;
  }
  return n;
}

/* Has the outstanding SYNs of |t| from |sport|, from |ttl| on, sent again from
 * other ports. Returns how many. */
static unsigned send_apart(struct core *c, struct trace *t, unsigned sport,
                           unsigned ttl, int64_t now) {
  if (!in_block(c, sport) || t->again == TIMES) return 0;
  if (t->open_from && t->open_from < ttl) ttl = t->open_from;
  unsigned n = send(c, t, sport, ttl, UINT8_MAX, now);
  if (!n) return 0;
  t->open_from = (uint8_t)ttl;
  t->again++;
  return n;
}

unsigned again_same(struct core *c, struct trace *t, const struct probe *p,
                    const struct wire_reply *r, int64_t now) {
  if (!acknowledges(t, r) || memcmp(r->from, t->dst, sizeof r->from)) return 0;
  return send_apart(c, t, p->sport, p->ttl, now);
}

unsigned again_older(struct core *c, const struct wire_reply *r, int64_t now) {
  struct trace *t = NULL;
  unsigned n = 0;
  if (r->kind != WIRE_TCP_REPLY) return 0;
  while ((t = share_match(c, r->from, WIRE_TCP, t)))
    if (acknowledges(t, r) && t->opts->dport == r->dport && t->high < UINT8_MAX)
      n += send_apart(c, t, r->sport, t->high + 1u, now);
  return n;
}

void again_apart(struct core *c, struct trace *t, int64_t now) {
  unsigned ttl = t->high < t->limit ? t->high + 1u : t->limit;
  if (t->opts->flags & MTR_MANUAL) return;
  if (in_block(c, t->sport)) t->open_from = (uint8_t)ttl;
  else t->alone = 1;
  if (t->again == TIMES) return;
  t->again++;
  for (; ttl <= UINT8_MAX && t->out; ttl++) send(c, t, t->sport, ttl, ttl, now);
}

uint16_t again_port(struct core *c, const struct trace *t,
                    const struct probe *p) {
  if (!t->open_from || p->ttl < t->open_from) return p->sport;
  if (!in_block(c, p->sport)) return p->sport;
  /* Takes the port of another flow, each once before one is used again: the
   * earlier ones may be open there too. */
  uint32_t flows = CORE_PORTS / c->regions;
  uint32_t at = (uint32_t)(p->sport - c->config.port_base) / c->regions;
  at = (at + 1 + c->again++ % (flows - 1)) % flows;
  return (uint16_t)(c->config.port_base + at * c->regions + t->region);
}
