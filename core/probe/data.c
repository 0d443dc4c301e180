/* SPDX-License-Identifier: MIT */
#include "probe/data.h"

#include <string.h>

#include "probe/again.h"
#include "probe/deliver.h"
#include "probe/events.h"
#include "probe/guess.h"
#include "probe/match.h"
#include "probe/share.h"
#include "probe/turns.h"
#include "wire/proto.h"

/* If so many hops have no reply and the reply's TTL shows that the port is
 * nearer, they are not taken for silent hops. With one hop this is not done: a
 * silent hop, and a way back that is one hop shorter, are common. */
enum { FEW = 2, UNKNOWN = 256 };

/* Returns the next trace that shares the data of |t|, and whose probes all go
 * from the same port. */
static struct trace *next(const struct core *c, const struct trace *t,
                          struct trace *o) {
  do o = share_next(c, t, o);
  while (o && o->open_from);
  return o;
}

static unsigned out_of_all(const struct core *c, const struct trace *t) {
  unsigned n = 0;
  for (struct trace *o = next(c, t, NULL); o; o = next(c, t, o)) n += o->out;
  return n;
}

/* Returns how far the sender of data with |ttl| is if its replies come back by
 * as many hops as the probes go, and start with one of the usual TTLs. */
static unsigned distance(unsigned ttl) {
  unsigned first = ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255;
  return first - ttl + 1;
}

/* Returns 1 if no router has answered at |ttl| or beyond. */
static int may_end(const struct core *c, const struct trace *t, unsigned ttl) {
  for (struct trace *o = share_next(c, t, NULL); o; o = share_next(c, t, o))
    if (ttl <= o->high && ttl != o->limit) return 0;
  return 1;
}

/* Returns 1 if |t| can ask again, so that each reply shows its probe. There are
 * enough ports for some hundred probes at a time. */
static int can_repeat(const struct core *c, const struct trace *t) {
  enum { SPARE = 4 };
  return !t->alone && !(t->opts->flags & MTR_MANUAL) &&
         out_of_all(c, t) <= CORE_PORTS / c->regions / SPARE;
}

/* Returns 1 if probes to |ttl| are outstanding, and no router has answered
 * there. */
static int silent(const struct core *c, const struct trace *t,
                  const uint32_t count[256], unsigned ttl) {
  return ttl > 0 && ttl < 256 && count[ttl] && may_end(c, t, ttl);
}

/* Returns the lowest TTL that has reached the port, or UNKNOWN. The port has
 * sent |n| replies with data, the first of them with TTL |reply_ttl|. If each
 * probe that reached it got a reply, it is the highest TTL for which |n| probes
 * are outstanding at this TTL and above. It is certain if there are no others
 * right below. If |reply_ttl| shows a port some hops nearer, and |n| or more
 * probes from there on have no reply, it is that nearer TTL, which is certain
 * in the same way. */
static unsigned reached(const struct core *c, const struct trace *t, uint32_t n,
                        unsigned reply_ttl) {
  uint32_t count[256] = {0}, left = n, near = 0;
  unsigned ttl = 256, by_ttl = reply_ttl ? distance(reply_ttl) : 0;
  for (struct trace *o = next(c, t, NULL); o; o = next(c, t, o))
    for (uint32_t i = o->oldest; i != SLAB_NONE;) {
      const struct probe *p = table_at(&c->tables[o->region], i);
      count[p->ttl]++;
      i = p->newer;
    }
  for (; ttl && count[ttl - 1] <= left; ttl--) left -= count[ttl - 1];
  if (left && ttl && may_end(c, t, ttl - 1)) ttl--;
  if (!silent(c, t, count, ttl - 1)) return ttl;
  for (unsigned i = by_ttl; i < ttl; i++) near += count[i];
  int nearer = by_ttl && by_ttl + FEW <= ttl && may_end(c, t, by_ttl);
  int again = can_repeat(c, t);
  if (nearer && count[by_ttl] && near >= n &&
      (!again || !silent(c, t, count, by_ttl - 1)))
    return by_ttl;
  return nearer || again ? UNKNOWN : ttl;
}

/* Returns the least RTT of what answered below |ttl|, in ns; 0: none did. */
static int64_t least_rtt(const struct core *c, const struct trace *t,
                         unsigned ttl) {
  const struct cell *cell;
  uint32_t at = SLAB_NONE;
  double least = 0;
  while ((cell = cells_next(&c->cells, &t->cells, &at))) {
    struct mtr_event e;
    cells_event(&c->cells, cell, &e, NULL);
    if (e.family && e.ttl < ttl && (least <= 0 || e.rtt < least)) least = e.rtt;
  }
  return (int64_t)(least * 1e6);
}

/* Returns the first sent probe of |ttl| or above, and its trace in |*of|. */
static struct probe *oldest(const struct core *c, const struct trace *t,
                            unsigned ttl, struct trace **of) {
  struct probe *first = NULL, *p = NULL;
  for (struct trace *o = next(c, t, NULL); o; o = next(c, t, o)) {
    uint32_t i = o->oldest;
    for (; i != SLAB_NONE; i = p->newer) {
      p = table_at(&c->tables[o->region], i);
      if (p->ttl >= ttl) break;
    }
    if (i == SLAB_NONE || (first && p->sent >= first->sent)) continue;
    first = p;
    *of = o;
  }
  return first;
}

/* Returns when the last probe of all will have timed out. */
static int64_t latest(const struct core *c, const struct trace *t) {
  int64_t at = 0;
  for (struct trace *o = next(c, t, NULL); o; o = next(c, t, o)) {
    if (o->newest == SLAB_NONE) continue;
    const struct probe *p = table_at(&c->tables[o->region], o->newest);
    if (p->sent + o->opts->timeout > at) at = p->sent + o->opts->timeout;
  }
  return at;
}

static void all_wait(struct core *c, const struct trace *t, int wait) {
  for (struct trace *o = share_next(c, t, NULL); o; o = share_next(c, t, o)) {
    o->waits = wait != 0;
    if (!wait) turns_ready(c, o);
  }
}

/* Frees the data kept with |keeper|. */
static void drop(struct core *c, struct trace *keeper) {
  cells_free(&c->cells, &keeper->extra->data);
  keeper->extra->data_count = 0;
  all_wait(c, keeper, 0);
}

/* Frees the data kept with |keeper|, which is nobody's. */
static void drop_rest(struct core *c, struct trace *keeper) {
  c->counters.unmatched += keeper->extra->data_count;
  drop(c, keeper);
}

/* Drops the data kept with |keeper|, and lets the probes be sent again such
 * that each reply shows its probe. */
static void send_apart(struct core *c, struct trace *keeper, int64_t now) {
  drop_rest(c, keeper);
  struct trace *o = next(c, keeper, NULL), *after;
  for (; o; o = after) {
    after = next(c, keeper, o);
    again_apart(c, o, now);
  }
}

/* Credits the first data kept with |keeper| to |p| of |t|. */
static void give(struct core *c, struct trace *keeper, struct trace *t,
                 struct probe *p, int64_t now) {
  struct mtr_event kept;
  cells_event(&c->cells, cells_at(&c->cells, keeper->extra->data.first), &kept,
              NULL);
  int udp = t->opts->protocol == MTR_UDP;
  struct wire_reply r = {
      .kind = udp ? WIRE_UDP_REPLY : WIRE_TCP_REPLY,
      .family = t->opts->family, .protocol = t->opts->protocol,
      .tcp_flags = kept.tcp_flags, .ttl = kept.reply_ttl,
      .tos = kept.tos, .reply_id = kept.ip_id, .size = kept.reply_size,
      .kernel_time = kept.attempt};
  memcpy(&r.at, kept.addr, sizeof r.at);
  memcpy(r.from, t->dst, sizeof r.from);
  cells_shift(&c->cells, &keeper->extra->data);
  keeper->extra->data_count--;
  deliver_reply(c, t, p, &r, 1 | MATCH_WEAK, now);
  if (!keeper->extra->data_count) drop(c, keeper);
}

/* When the reply number |n|, from 0, of those kept with |keeper| came, ns. */
static int64_t came(const struct core *c, const struct trace *keeper,
                    unsigned n) {
  uint32_t at = SLAB_NONE;
  const struct cell *cell;
  struct mtr_event kept = {0};
  int64_t when;
  while ((cell = cells_next(&c->cells, &keeper->extra->data, &at)) && n--)
    continue;
  if (cell) cells_event(&c->cells, cell, &kept, NULL);
  memcpy(&when, kept.addr, sizeof when);
  return when;
}

/* Returns the RTT of the first answer of hop |ttl|, in ns; 0: it has none. */
static int64_t first_rtt(const struct core *c, const struct trace *t,
                         unsigned ttl) {
  const struct hop *h = trace_hop(t, ttl);
  struct mtr_event e;
  if (!h || !h->first) return 0;
  cells_event(&c->cells, cells_at(&c->cells, h->first - 1), &e, NULL);
  return (int64_t)(e.rtt * 1e6);
}

/* Returns 1 if some of the replies kept with |keeper| seem to have come twice:
 * the probes to the hop of the first one from |ttl| on were sent one after the
 * other, but the replies came faster than that; or the first one came in less
 * than half of the time that the hop took before. A difference below CLEAR_NS
 * means nothing: a busy host may be late by that. */
static int repeats(const struct core *c, const struct trace *keeper,
                   unsigned ttl) {
  enum { APART = 32, EARLY = 4, CLEAR_NS = 500000 };
  struct trace *of = NULL;
  const struct probe *first = oldest(c, keeper, ttl, &of), *last = first;
  unsigned n = 0;
  if (!first || !can_repeat(c, of)) return 0;
  int64_t rtt = came(c, keeper, 0) - first->sent;
  int64_t before = first_rtt(c, of, first->ttl);
  if (rtt < before / 2 && before - rtt > CLEAR_NS) return 1;
  for (uint32_t i = table_place(first); i != SLAB_NONE;) {
    const struct probe *p = table_at(&c->tables[of->region], i);
    i = p->newer;
    if (p->ttl != first->ttl || n == keeper->extra->data_count) continue;
    last = p;
    n++;
  }
  if (n < 2) return 0;
  int64_t spread = last->sent - first->sent;
  return spread > rtt / APART && spread > CLEAR_NS &&
         came(c, keeper, n - 1) - last->sent < rtt - spread / EARLY;
}

int data_credit(struct core *c, struct trace *t, int64_t now) {
  struct trace *of = NULL;
  struct probe *p;
  if (!t->extra || !t->extra->data_count) return 1;
  if (t->extra->data_count < out_of_all(c, t)) return 1;
  if (repeats(c, t, 0)) {
    send_apart(c, t, now);
    return 1;
  }
  while (t->extra->data_count && (p = oldest(c, t, 0, &of))) {
    if (!events_room(c)) return 0;
    give(c, t, of, p, now);
  }
  drop(c, t);
  return 1;
}

/* Returns the TTL from which the data kept with |keeper| is credited, or
 * UNKNOWN, also if an RTT would be less than that of a nearer hop. */
static unsigned credited_from(const struct core *c, const struct trace *t,
                              const struct trace *keeper) {
  struct mtr_event kept;
  struct trace *of = NULL;
  int64_t at;
  cells_event(&c->cells, cells_at(&c->cells, keeper->extra->data.first), &kept,
              NULL);
  unsigned ttl = reached(c, t, keeper->extra->data_count, kept.reply_ttl);
  const struct probe *p = oldest(c, t, ttl, &of);
  memcpy(&at, kept.addr, sizeof at);
  return p && at - p->sent < least_rtt(c, of, p->ttl) ? UNKNOWN : ttl;
}

int data_claim(struct core *c, struct trace *t, struct probe *p, int64_t now) {
  struct trace *of = NULL, *h = t->waits ? share_keeper(c, t) : NULL;
  if (!h || !h->extra->data_count) return 0;
  int64_t known = latest(c, t), most = p->sent + 2 * t->opts->timeout;
  if (known > most) known = most;      /* a manual trace may send for ever */
  if (now < known) {
    wheel_add(&c->wheel, &p->timer, known);
    return 1;
  }
  unsigned ttl = credited_from(c, t, h);
  if (ttl == UNKNOWN) {
    send_apart(c, h, now);
    return p->state != PROBE_SENT;
  }
  int once = repeats(c, h, ttl);       /* then only the first is sure */
  while (p->ttl >= ttl && p->state == PROBE_SENT && h->extra->data_count) {
    if (!events_room(c)) {
      wheel_add(&c->wheel, &p->timer, now);
      return 1;
    }
    struct probe *first = oldest(c, t, ttl, &of);
    give(c, h, of, first, now);
    if (once && h->extra->data_count) drop_rest(c, h);
  }
  return p->state != PROBE_SENT;
}

/* Keeps what matters of |r| in a cell. Its time goes to where the cell of a
 * reply has the address. */
static void keep_data(struct core *c, struct trace *t,
                      const struct wire_reply *r) {
  struct mtr_event ev = {.reply_ttl = r->ttl, .reply_size = r->size,
                         .attempt = r->kernel_time, .family = 6,
                         .tcp_flags = r->tcp_flags, .tos = r->tos,
                         .ip_id = r->reply_id};
  memcpy(ev.addr, &r->at, sizeof r->at);
  if (t->extra->data_count >= out_of_all(c, t)) {
    c->counters.duplicates++;
    return;
  }
  if (cells_add(&c->cells, &t->extra->data, &ev, NULL) == SLAB_NONE) return;
  if (!t->extra->data_count++) all_wait(c, t, 1);
  turns_dirty(c, t);
}

/* The oldest outstanding probe of |t| from and to the ports of |r|: classic
 * probes differ in one of them, and so do those of other flows. Other traces
 * may have probes with the same ports: the oldest of all is meant, as a service
 * answers in the order of the questions. */
static struct probe *by_ports(const struct core *c, const struct trace *t,
                              const struct wire_reply *r) {
  const struct table *table = &c->tables[t->region];
  uint32_t place = t->oldest;
  while (place != SLAB_NONE) {
    struct probe *p = table_at(table, place);
    if (p->sport == r->sport && p->dport == r->dport) return p;
    place = p->newer;
  }
  return NULL;
}

int data_is_bare(const struct wire_reply *r) {
  return r->kind == WIRE_UDP_REPLY ||
         (r->kind == WIRE_TCP_REPLY &&
          (r->tcp_flags & (PROTO_TCP_RST | PROTO_TCP_ACK)) == PROTO_TCP_RST);
}

/* Returns the place for what is known about data with the ports of |r|, and a
 * number for these. */
static uint32_t *known(struct core *c, const struct wire_reply *r,
                       uint32_t *number) {
  uint32_t ports = (uint32_t)r->sport << 16 | r->dport;
  *number = ((table_fold(r->from) ^ ports * 0x85ebca6bu) * 0x9e3779b1u) | 1;
  return &c->known[*number >> 16 & (KNOWN_PLACES - 1)];
}

void data_take(struct core *c, const struct wire_reply *r, int64_t now) {
  struct trace *t = NULL, *of = NULL;
  struct probe *first = NULL;
  uint32_t number, *place = known(c, r, &number);
  int late = *place == number;         /* its probe was answered */
  int refused = c->config.strict || guess_likely(c, r, 0, now);
  while (!refused && (t = share_match(c, r->from, r->protocol, t))) {
    const struct opts *o = t->opts;
    if (o->multipath != MTR_CLASSIC && t->sport == r->sport &&
        o->dport == r->dport) {
      if (t->open_from) {
        late = 1;                      /* see send_apart */
        continue;
      }
      if (first) break;
      keep_data(c, share_keeper(c, t), r);
      return;
    }
    struct probe *p = by_ports(c, t, r);
    if (!p || (first && p->sent >= first->sent)) continue;
    first = p;
    of = t;
  }
  if (first) {
    *place = number;
    deliver_reply(c, of, first, r, 1 | MATCH_WEAK, now);
    return;
  }
  if (!late) guess_miss(c, r, now);
  c->counters.unmatched++;
}
