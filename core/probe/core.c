/* SPDX-License-Identifier: MIT
 *
 * The engine as a whole, and how traces end. Their start is in start.c, turns
 * are in turns.c, sending in fill.c, asking strategies in ask.c, replies and
 * time in receive.c, judging in advance.c.
 */
#include "probe/core.h"

#include <errno.h>
#include <string.h>

enum {
  CELLS_LOW = 2048,      /* free ones before a batch is received */
  EXT_SIZE = 1 << 17     /* bytes of extensions in one batch */
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
  slab_init(&c->owns, sizeof(struct own), config->max_traces, 6);
  hops_init(&c->hops, config->max_traces);
  cells_init(&c->cells);
  opts_init(&c->opts, config->max_traces);
  slab_init(&c->timers, sizeof(struct user_timer), 1 << TRACE_BITS, 6);
  uint32_t batch = config->max_events * (uint32_t)sizeof(struct mtr_event);
  slab_init(&c->batch, batch + EXT_SIZE, 1, 0);
  slab_init(&c->hash, sizeof(uint32_t) << CORE_HASH_BITS, 1, 0);
  for (uint32_t left = config->max_probes; left; c->regions++) {
    uint32_t n = left < TABLE_REGION ? left : TABLE_REGION;
    table_init(&c->tables[c->regions], c->regions, n);
    left -= n;
  }
  wheel_init(&c->wheel, now);
  pace_init(&c->pace, config->rate, now);
  if (config->target_rate > 0)
    c->target_gap = (int64_t)(1e9 / config->target_rate);
  c->ready = c->urgent =
      (struct trace_list){.first = SLAB_NONE, .last = SLAB_NONE};
  c->dirty_first = c->dirty_last = SLAB_NONE;
  if (slab_reserve(&c->batch, 1)) return -ENOMEM;
  c->events = slab_at(&c->batch, slab_take(&c->batch));
  c->ext = (uint8_t *)c->events + batch;
  return 0;
}

void core_close(struct core *c) {
  struct slab *all[] = {&c->traces, &c->owns, &c->timers, &c->batch, &c->hash};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) slab_close(all[i]);
  hops_close(&c->hops);
  cells_close(&c->cells);
  opts_close(&c->opts);
  for (uint32_t i = 0; i < c->regions; i++) table_close(&c->tables[i]);
}

double core_memory(const struct core *c) {
  const struct slab *all[] = {
      &c->traces, &c->owns, &c->timers, &c->batch, &c->hash, &c->cells.slab,
      &c->cells.shapes.list, &c->cells.shapes.index, &c->opts.slab};
  size_t sum = hops_bytes(&c->hops);
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

/* Lives. */

struct trace *core_trace(const struct core *c, uint32_t handle) {
  uint32_t i = handle & ((1u << TRACE_BITS) - 1);
  if (i >= c->traces.count) return NULL;
  struct trace *t = core_at(c, i);
  return t->handle == handle && t->state != TRACE_FREE ? t : NULL;
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
  while (t->own && (place = t->own->queue) != SLAB_NONE) {
    struct probe *p = table_at(table, place);
    t->own->queue = p->next;
    core_retire(c, p, PROBE_SILENT, now);
  }
  if (t->own) t->own->queue_last = SLAB_NONE, t->own->queued = 0;
}

void core_stop(struct core *c, struct trace *t, unsigned reason, unsigned data,
               int64_t now) {
  if (t->state != TRACE_RUNNING) return;
  t->state = TRACE_ENDING;
  t->stop = (uint8_t)reason;
  t->stop_data = (uint8_t)data;
  t->at = now;
  unsigned high = t->high < t->limit ? t->high : t->limit;
  if (!(t->opts->flags & MTR_STRATEGY)) {
    for (unsigned ttl = t->settled + 1u; ttl <= high; ttl++)
      if (t->hops) core_silence(c, t, ttl);
    if (t->settled < high) t->settled = (uint8_t)high;   /* all it has seen */
  } else {                             /* the rest is told before DONE */
    if (high < t->settled && t->settled <= t->limit) high = t->settled;
    if (!t->last) t->last = (uint8_t)high;
    if (t->settled > t->last) t->settled = t->last;
  }
  core_unready(c, t);
  core_answered(c, t);
  if (t->own) wheel_remove(&c->wheel, &t->own->timer);
  forget(c, t, now);
  if (t->opts->protocol == MTR_UDP) core_leave_data(c, t);
  core_dirty(c, t);
}

void core_release(struct core *c, struct trace *t) {
  cells_free(&c->cells, &t->cells);
  if (t->hops) hops_give(&c->hops, t);
  if (t->opts) opts_give(&c->opts, t->opts);
  if (t->own) slab_give(&c->owns, t->own->self);
  t->state = TRACE_FREE;
  slab_give(&c->traces, trace_index(t));
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
  c->nobody = 0;
  memset(ev, 0, sizeof *ev);
  ev->kind = (uint8_t)kind;
  return ev;
}

int core_reserve(struct core *c, int64_t now) {
  for (uint32_t i = 0; i < c->regions && core_any_ready(c); i++)
    if (table_grow(&c->tables[i], now)) return -ENOMEM;
  if (hops_reserve(&c->hops)) return -ENOMEM;
  return cells_reserve(&c->cells, CELLS_LOW);
}
