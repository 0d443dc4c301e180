/* SPDX-License-Identifier: MIT
 *
 * Data from an open UDP port carries nothing of the probe that it answers. Only
 * the deepest probes can have reached the port, as many as there is data. Which
 * ones these are is known when no others are outstanding any more, or when the
 * last of all has timed out. Until then data is held, nothing more is sent to
 * the port and no probe to it is given up; then it is credited in order of
 * arrival to probes in order of sending.
 *
 * Traces of the same ports and destination share their data, which one of them
 * holds. Wrong when the network loses or repeats some of it, or when one trace
 * ends before what its last probes bring: then a hop too many is counted, or
 * one of another trace.
 */
#include <errno.h>
#include <string.h>

#include "probe/core.h"
#include "probe/match.h"

uint32_t *core_bucket(const struct core *c, uint32_t dst, unsigned sport) {
  if (!c->hash.count) return NULL;
  uint32_t h = (dst ^ sport << 16) * 0x9e3779b1u;
  return (uint32_t *)slab_at(&c->hash, 0) + (h >> (32 - CORE_HASH_BITS));
}

static uint32_t *bucket_of(const struct core *c, const struct trace *t) {
  return core_bucket(c, table_fold(t->dst), t->sport);
}

static int hash_add(struct core *c, struct trace *t) {
  if (!c->hash.count) {
    if (slab_reserve(&c->hash, 1)) return -ENOMEM;
    memset(slab_at(&c->hash, 0), 0xff, c->hash.size);   /* all SLAB_NONE */
  }
  uint32_t *b = bucket_of(c, t);
  t->own->same_hash = *b;
  *b = trace_index(t);
  return 0;
}

static void hash_remove(struct core *c, struct trace *t) {
  uint32_t i = trace_index(t), *at = bucket_of(c, t);
  while (*at != SLAB_NONE && *at != i) at = &core_at(c, *at)->own->same_hash;
  if (*at == i) *at = t->own->same_hash;
}

/* The traces that share |t|'s data: the first of them, or the one after |o|. */
static struct trace *sharing(const struct core *c, const struct trace *t,
                             struct trace *o) {
  do o = match_data(c, t->dst, t->sport, o);
  while (o && (o->opts->dport != t->opts->dport ||
               o->opts->multipath == MTR_CLASSIC));
  return o;
}

/* Who holds the data that |t| shares, or would; NULL: nobody shares it. */
static struct trace *holder(const struct core *c, const struct trace *t) {
  struct trace *first = sharing(c, t, NULL), *o = first;
  while (o && !o->own->data_count) o = sharing(c, t, o);
  return o ? o : first;
}

static unsigned out_of_all(const struct core *c, const struct trace *t) {
  unsigned n = 0;
  for (struct trace *o = sharing(c, t, NULL); o; o = sharing(c, t, o))
    n += o->out;
  return n;
}

/* The lowest TTL of which, and above, no more are out than |n|. */
static unsigned deepest(const struct core *c, const struct trace *t,
                        uint32_t n) {
  uint32_t count[256] = {0};
  unsigned ttl = 256;
  for (struct trace *o = sharing(c, t, NULL); o; o = sharing(c, t, o))
    for (uint32_t i = o->oldest; i != SLAB_NONE;) {
      const struct probe *p = table_at(&c->tables[o->region], i);
      count[p->ttl]++;
      i = p->newer;
    }
  for (; ttl && count[ttl - 1] <= n; ttl--) n -= count[ttl - 1];
  return ttl;
}

/* The probe of |ttl| or above that was sent first, its trace in |*of|. */
static struct probe *oldest(const struct core *c, const struct trace *t,
                            unsigned ttl, struct trace **of) {
  struct probe *first = NULL, *p = NULL;
  for (struct trace *o = sharing(c, t, NULL); o; o = sharing(c, t, o)) {
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

/* When the last of all will have timed out. */
static int64_t latest(const struct core *c, const struct trace *t) {
  int64_t at = 0;
  for (struct trace *o = sharing(c, t, NULL); o; o = sharing(c, t, o)) {
    if (o->newest == SLAB_NONE) continue;
    const struct probe *p = table_at(&c->tables[o->region], o->newest);
    if (p->sent + o->opts->timeout > at) at = p->sent + o->opts->timeout;
  }
  return at;
}

static void all_wait(struct core *c, const struct trace *t, int wait) {
  for (struct trace *o = sharing(c, t, NULL); o; o = sharing(c, t, o)) {
    o->waits = (uint8_t)wait;
    if (!wait) core_ready(c, o);
  }
}

/* Forgets what |holds| holds. */
static void drop(struct core *c, struct trace *holds) {
  cells_free(&c->cells, &holds->own->data);
  holds->own->data_count = 0;
  all_wait(c, holds, 0);
}

/* The first that |holds| holds answers |p| of |t|. */
static void give(struct core *c, struct trace *holds, struct trace *t,
                 struct probe *p, int64_t now) {
  struct mtr_event held;
  cells_event(&c->cells, cells_at(&c->cells, holds->own->data.first), &held,
              NULL);
  struct wire_reply r = {
      .kind = WIRE_UDP_REPLY, .family = t->opts->family, .protocol = WIRE_UDP,
      .ttl = held.reply_ttl, .size = held.reply_size,
      .kernel_time = held.attempt};
  memcpy(&r.at, held.addr, sizeof r.at);
  memcpy(r.from, t->dst, sizeof r.from);
  cells_shift(&c->cells, &holds->own->data);
  holds->own->data_count--;
  core_deliver(c, t, p, &r, 1, now);
  if (!holds->own->data_count) drop(c, holds);
}

int core_join_data(struct core *c, struct trace *t) {
  int err = hash_add(c, t);
  if (err) return err;
  const struct trace *h = holder(c, t);
  t->waits = h && h->own->data_count;
  return 0;
}

void core_leave_data(struct core *c, struct trace *t) {
  hash_remove(c, t);
  struct trace *h = holder(c, t);
  if (h && t->own->data_count) {
    h->own->data = t->own->data;
    h->own->data_count = t->own->data_count;
    t->own->data = cells_empty();
  }
  cells_free(&c->cells, &t->own->data);
  t->own->data_count = 0;
  if (h && h->own->data_count) core_dirty(c, h);
}

void core_recount(struct core *c, const struct trace *t) {
  struct trace *h = t->waits ? holder(c, t) : NULL;
  if (h) core_dirty(c, h);
}

int core_credit(struct core *c, struct trace *t, int64_t now) {
  struct trace *of = NULL;
  struct probe *p;
  if (!t->own || !t->own->data_count) return 1;
  if (t->own->data_count < out_of_all(c, t)) return 1;
  while (t->own->data_count && (p = oldest(c, t, 0, &of))) {
    if (!core_room(c)) return 0;
    give(c, t, of, p, now);
  }
  drop(c, t);
  return 1;
}

int core_claim(struct core *c, struct trace *t, struct probe *p, int64_t now) {
  struct trace *of = NULL, *h = t->waits ? holder(c, t) : NULL;
  if (!h || !h->own->data_count) return 0;
  int64_t known = latest(c, t), most = p->sent + 2 * t->opts->timeout;
  if (known > most) known = most;      /* a manual trace may go on sending */
  if (now < known) {
    wheel_add(&c->wheel, &p->timer, known);
    return 1;
  }
  unsigned ttl = deepest(c, t, h->own->data_count);
  while (p->ttl >= ttl && p->state == PROBE_SENT && h->own->data_count) {
    if (!core_room(c)) {
      wheel_add(&c->wheel, &p->timer, now);
      return 1;
    }
    struct probe *first = oldest(c, t, ttl, &of);
    give(c, h, of, first, now);
  }
  return p->state != PROBE_SENT;
}

/* Keeps what is worth keeping of |r|, its time where a reply has its
 * address. */
static void hold(struct core *c, struct trace *t, const struct wire_reply *r) {
  struct mtr_event ev = {.reply_ttl = r->ttl, .reply_size = r->size,
                         .attempt = r->kernel_time, .family = 6};
  memcpy(ev.addr, &r->at, sizeof r->at);
  if (t->own->data_count >= out_of_all(c, t)) {
    c->counters.duplicates++;
    return;
  }
  if (cells_add(&c->cells, &t->own->data, &ev, NULL) == SLAB_NONE) return;
  if (!t->own->data_count++) all_wait(c, t, 1);
  core_dirty(c, t);
}

/* The outstanding probe to port |dport|: classic probes differ in it. */
static struct probe *by_port(const struct core *c, const struct trace *t,
                             unsigned dport) {
  const struct table *table = &c->tables[t->region];
  uint32_t place = t->oldest;
  while (place != SLAB_NONE) {
    struct probe *p = table_at(table, place);
    if (p->dport == dport) return p;
    place = p->newer;
  }
  return NULL;
}

void core_data(struct core *c, const struct wire_reply *r, int64_t now) {
  struct trace *t = NULL;
  while ((t = match_data(c, r->from, r->sport, t))) {
    if (t->opts->multipath == MTR_CLASSIC) {
      struct probe *p = by_port(c, t, r->dport);
      if (!p) continue;
      core_deliver(c, t, p, r, 1, now);
      return;
    }
    if (t->opts->dport != r->dport) continue;
    hold(c, holder(c, t), r);
    return;
  }
  c->counters.unmatched++;
}
