/* SPDX-License-Identifier: MIT
 *
 * The lives of traces: start, stop, release, the lists that they wait in, and
 * what they own. Sending is in fill.c, replies and time in receive.c, judging
 * in advance.c.
 */
#include "probe/core.h"

#include <errno.h>
#include <string.h>

enum {
  TRACE_BITS = 20,       /* of a handle below its generation */
  CELLS_PER_TRACE = 8,   /* reserved when a trace starts */
  CELLS_LOW = 2048,      /* free ones before a batch is received */
  EXT_SIZE = 1 << 17,    /* bytes of extensions in one batch */
  HASH_BITS = 14
};

struct user_timer {
  uint32_t next_free;
  uint32_t handle;
  uint32_t cookie;
  struct timer timer;
};

int core_init(struct core *c, const struct core_config *config, int64_t now) {
  memset(c, 0, sizeof *c);
  c->config = *config;
  c->rand.state = config->seed;
  c->cookie = (uint16_t)rand_below(&c->rand, 0x8000);
  c->salt = (uint16_t)rand_below(&c->rand, TABLE_REGION);
  slab_init(&c->traces, sizeof(struct trace), config->max_traces, 6);
  slab_init(&c->hops_small, HOPS_SMALL * sizeof(struct hop),
            config->max_traces, 6);
  slab_init(&c->hops_large, HOPS_LARGE * sizeof(struct hop),
            config->max_traces, 3);
  slab_init(&c->cells, sizeof(struct cell), UINT32_MAX - 1, 11);
  slab_init(&c->timers, sizeof(struct user_timer), 1 << TRACE_BITS, 6);
  uint32_t batch = config->max_events * (uint32_t)sizeof(struct mtr_event);
  slab_init(&c->batch, batch + EXT_SIZE, 1, 0);
  slab_init(&c->hash, sizeof(uint32_t) << HASH_BITS, 1, 0);
  for (uint32_t left = config->max_probes; left; c->regions++) {
    uint32_t n = left < TABLE_REGION ? left : TABLE_REGION;
    table_init(&c->tables[c->regions], c->regions, n);
    left -= n;
  }
  wheel_init(&c->wheel, now);
  pace_init(&c->pace, config->rate, now);
  if (config->target_rate > 0)
    c->target_gap = (int64_t)(1e9 / config->target_rate);
  c->ready_first = c->ready_last = SLAB_NONE;
  c->dirty_first = c->dirty_last = SLAB_NONE;
  if (slab_reserve(&c->batch, 1)) return -ENOMEM;
  c->events = slab_at(&c->batch, slab_take(&c->batch));
  c->ext = (uint8_t *)c->events + batch;
  return 0;
}

void core_close(struct core *c) {
  struct slab *all[] = {&c->traces, &c->hops_small, &c->hops_large, &c->cells,
                        &c->timers, &c->batch, &c->hash};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) slab_close(all[i]);
  for (uint32_t i = 0; i < c->regions; i++) table_close(&c->tables[i]);
}

double core_memory(const struct core *c) {
  const struct slab *all[] = {&c->traces, &c->hops_small, &c->hops_large,
                              &c->cells, &c->timers, &c->batch, &c->hash};
  size_t sum = 0;
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    sum += slab_bytes(all[i]);
  for (uint32_t i = 0; i < c->regions; i++)
    sum += slab_bytes(&c->tables[i].slab);
  return (double)sum;
}

uint32_t core_region(const struct core *c, const uint8_t dst[16], int64_t now) {
  uint32_t first = (table_fold(dst) * 0x9e3779b1u >> 16) % c->regions;
  for (uint32_t i = 0; i < c->regions; i++) {
    uint32_t region = (first + i) % c->regions;
    if (table_has_room(&c->tables[region], now)) return region;
  }
  return first;
}

/* Lists of traces. */

void core_ready(struct core *c, struct trace *t) {
  uint32_t i = t->handle & ((1u << TRACE_BITS) - 1);
  if (t->in_ready || t->state != TRACE_RUNNING) return;
  t->in_ready = 1;
  t->ready_next = SLAB_NONE;
  t->ready_prev = c->ready_last;
  if (c->ready_last == SLAB_NONE)
    c->ready_first = i;
  else
    core_at(c, c->ready_last)->ready_next = i;
  c->ready_last = i;
}

void core_unready(struct core *c, struct trace *t) {
  if (!t->in_ready) return;
  t->in_ready = 0;
  if (t->ready_prev == SLAB_NONE)
    c->ready_first = t->ready_next;
  else
    core_at(c, t->ready_prev)->ready_next = t->ready_next;
  if (t->ready_next == SLAB_NONE)
    c->ready_last = t->ready_prev;
  else
    core_at(c, t->ready_next)->ready_prev = t->ready_prev;
}

void core_dirty(struct core *c, struct trace *t) {
  uint32_t i = t->handle & ((1u << TRACE_BITS) - 1);
  if (t->in_dirty) return;
  t->in_dirty = 1;
  t->dirty_next = SLAB_NONE;
  if (c->dirty_last == SLAB_NONE)
    c->dirty_first = i;
  else
    core_at(c, c->dirty_last)->dirty_next = i;
  c->dirty_last = i;
}

uint32_t *core_bucket(const struct core *c, uint32_t dst, unsigned sport) {
  if (!c->hash.count) return NULL;
  uint32_t h = (dst ^ sport << 16) * 0x9e3779b1u;
  return (uint32_t *)slab_at(&c->hash, 0) + (h >> (32 - HASH_BITS));
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
  t->same_hash = *b;
  *b = t->handle & ((1u << TRACE_BITS) - 1);
  return 0;
}

static void hash_remove(struct core *c, struct trace *t) {
  uint32_t i = t->handle & ((1u << TRACE_BITS) - 1);
  uint32_t *at = bucket_of(c, t);
  while (*at != SLAB_NONE && *at != i) at = &core_at(c, *at)->same_hash;
  if (*at == i) *at = t->same_hash;
}

/* Lives. */

struct trace *core_trace(const struct core *c, uint32_t handle) {
  uint32_t i = handle & ((1u << TRACE_BITS) - 1);
  if (i >= c->traces.count) return NULL;
  struct trace *t = core_at(c, i);
  return t->handle == handle && t->state != TRACE_FREE ? t : NULL;
}

static int reserve(struct core *c, struct slab *hops) {
  if (c->traces.used >= c->traces.max) return -EAGAIN;
  if (slab_reserve(&c->traces, 1) || slab_reserve(hops, 1) ||
      slab_reserve(&c->cells, CELLS_PER_TRACE))
    return -ENOMEM;
  return 0;
}

void core_set(const struct core *c, struct trace *t, const struct mtr_trace *o,
              const struct core_route *route, const uint8_t *payload,
              uint16_t payload_size) {
  t->cookie = o->cookie;
  t->want = o->want;
  t->flags = o->flags;
  t->mark = o->mark;
  t->interface = o->interface;
  t->timeout = (int64_t)(o->timeout * 1e6);
  t->flow = o->flow;
  t->dport = o->protocol == MTR_ICMP ? 0 : o->port;
  t->size = o->size;
  t->family = o->family;
  t->protocol = o->protocol;
  t->multipath = o->multipath;
  t->tos = o->tos;
  t->fill = o->fill;
  t->first_ttl = o->first_ttl;
  t->max_ttl = o->max_ttl;
  t->window = o->window;
  t->queries = o->queries;
  t->attempts = o->attempts;
  t->gap_limit = o->gap_limit;
  t->loop_limit = o->loop_limit;
  memcpy(t->dst, o->dst, sizeof t->dst);
  memcpy(t->src, route->src, sizeof t->src);
  t->by_source = route->by_source;
  t->sport = route->sport;
  t->region = route->region;
  if (t->protocol == MTR_ICMP)
    t->sport = (uint16_t)(c->config.echo_base + t->region);
  t->flow_label = route->flow_label;
  t->payload = payload;
  t->payload_size = payload_size;
}

int core_start(struct core *c, struct mtr_trace *opts,
               const struct core_route *route, const uint8_t *payload,
               uint16_t payload_size, double unix, int64_t now) {
  struct slab *hops =
      opts->max_ttl <= HOPS_SMALL ? &c->hops_small : &c->hops_large;
  int err = reserve(c, hops);
  if (err) return err;
  uint32_t i = slab_take(&c->traces);
  struct trace *t = core_at(c, i);
  uint32_t generation = (t->handle >> TRACE_BITS) + 1;
  if (!(generation << TRACE_BITS)) generation = 1;
  memset(t, 0, sizeof *t);
  t->handle = opts->handle = generation << TRACE_BITS | i;
  core_set(c, t, opts, route, payload, payload_size);
  t->start = t->routed = now;
  t->start_unix = unix;
  t->timer.kind = CORE_TIMER_TRACE;
  t->timer.index = i;
  t->hops_index = slab_take(hops);
  t->hops = slab_at(hops, t->hops_index);
  memset(t->hops, 0, hops->size);
  t->ready_prev = t->ready_next = t->dirty_next = t->same_hash = SLAB_NONE;
  t->oldest = t->newest = t->queue = t->queue_last = SLAB_NONE;
  t->cells = t->data = (struct cell_list){SLAB_NONE, SLAB_NONE, 0};
  t->told = SLAB_NONE;
  t->next_ttl = t->first_ttl;
  t->settled = (uint8_t)(t->first_ttl - 1);
  t->limit = t->max_ttl;
  t->state = TRACE_RUNNING;
  if (t->protocol == MTR_UDP && (err = hash_add(c, t))) {
    slab_give(hops, t->hops_index);
    t->state = TRACE_FREE;
    slab_give(&c->traces, i);
    return err;
  }
  if (t->protocol == MTR_UDP) core_join_data(c, t);
  c->counters.traces_started++;
  core_ready(c, t);
  return 0;
}

static void forget(struct core *c, struct trace *t, int64_t now) {
  uint32_t place;
  const struct table *table = &c->tables[t->region];
  while ((place = t->oldest) != SLAB_NONE) {
    struct probe *p = table_at(table, place);
    wheel_remove(&c->wheel, &p->timer);
    core_unlink(c, t, p);
    if (!p->size) t->probes--;         /* it has not left, and will not */
    core_retire(c, p, PROBE_SILENT, now);
  }
  while ((place = t->queue) != SLAB_NONE) {
    struct probe *p = table_at(table, place);
    t->queue = p->next;
    core_retire(c, p, PROBE_SILENT, now);
  }
  t->queue_last = SLAB_NONE;
}

void core_stop(struct core *c, struct trace *t, unsigned reason, unsigned data,
               int64_t now) {
  if (t->state != TRACE_RUNNING) return;
  t->state = TRACE_ENDING;
  t->stop = (uint8_t)reason;
  t->stop_data = (uint8_t)data;
  t->ended = now;
  unsigned high = t->high < t->limit ? t->high : t->limit;
  if (t->settled < high) t->settled = (uint8_t)high;   /* all it has seen */
  core_unready(c, t);
  wheel_remove(&c->wheel, &t->timer);
  forget(c, t, now);
  if (t->protocol == MTR_UDP) {
    hash_remove(c, t);
    core_leave_data(c, t);
  }
  core_dirty(c, t);
}

void core_release(struct core *c, struct trace *t) {
  struct slab *hops =
      t->max_ttl <= HOPS_SMALL ? &c->hops_small : &c->hops_large;
  cells_free(&c->cells, &t->cells);
  slab_give(hops, t->hops_index);
  t->state = TRACE_FREE;
  slab_give(&c->traces, t->handle & ((1u << TRACE_BITS) - 1));
}

/* Timers of users. */

uint32_t core_timer(struct core *c, int64_t ns, uint32_t cookie, int64_t now) {
  slab_reserve(&c->timers, 1);
  uint32_t i = slab_take(&c->timers);
  if (i == SLAB_NONE) return 0;
  struct user_timer *u = slab_at(&c->timers, i);
  uint32_t generation = (u->handle >> TRACE_BITS) + 1;
  if (!(generation << TRACE_BITS)) generation = 1;
  u->handle = generation << TRACE_BITS | i;
  u->cookie = cookie;
  u->timer.kind = CORE_TIMER_USER;
  u->timer.index = i;
  wheel_add(&c->wheel, &u->timer, now + ns);
  return u->handle;
}

static void timer_free(struct core *c, struct user_timer *u) {
  uint32_t i = u->timer.index;
  wheel_remove(&c->wheel, &u->timer);
  slab_give(&c->timers, i);
}

int core_timer_cancel(struct core *c, uint32_t handle) {
  uint32_t i = handle & ((1u << TRACE_BITS) - 1);
  if (i >= c->timers.count) return -ESTALE;
  struct user_timer *u = slab_at(&c->timers, i);
  if (u->handle != handle || !wheel_armed(&u->timer)) return -ESTALE;
  timer_free(c, u);
  return 0;
}

void core_timer_fired(struct core *c, uint32_t index) {
  struct user_timer *u = slab_at(&c->timers, index);
  struct mtr_event *ev = core_event(c, MTR_EV_TIMER);
  ev->trace = u->handle;
  ev->cookie = u->cookie;
  timer_free(c, u);
}

/* Events. */

void core_clear(struct core *c) {
  uint32_t left = c->event_count - c->told;
  if (left) memmove(c->events, c->events + c->told, left * sizeof *c->events);
  c->counters.events += c->told;
  c->event_count = left;
  c->told = c->ext_count = 0;
}

uint32_t core_room(const struct core *c) {
  return c->config.max_events - c->event_count;
}

uint32_t core_ext_room(const struct core *c) {
  return (EXT_SIZE - c->ext_count) / CELL_EXT_MAX;
}

struct mtr_event *core_event(struct core *c, unsigned kind) {
  struct mtr_event *ev = &c->events[c->event_count++];
  memset(ev, 0, sizeof *ev);
  ev->kind = (uint8_t)kind;
  return ev;
}

int core_reserve(struct core *c, int64_t now) {
  for (uint32_t i = 0; i < c->regions && c->ready_first != SLAB_NONE; i++)
    if (table_grow(&c->tables[i], now)) return -ENOMEM;
  return slab_reserve(&c->cells, CELLS_LOW);
}

int64_t core_deadline(const struct core *c, int sending, int64_t now) {
  int64_t at = wheel_next(&c->wheel);
  if (c->dirty_first != SLAB_NONE) return now;
  if (c->ready_first == SLAB_NONE || !sending) return at;
  int64_t send = pace_wake(&c->pace);
  if (send < c->starved) send = c->starved;
  return send < at ? send : at;
}
