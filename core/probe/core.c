/* SPDX-License-Identifier: MIT */
#include "probe/core.h"

#include <errno.h>
#include <string.h>

#include "probe/ask.h"
#include "probe/identity.h"
#include "probe/lane.h"
#include "probe/share.h"

enum { CELLS_LOW = 2048 /* cells free before a batch is received */ };

int core_init(struct core *c, const struct core_config *config, int64_t now) {
  memset(c, 0, sizeof *c);
  c->config = *config;
  c->rand.state = config->seed;
  slab_init(&c->traces, sizeof(struct trace), 1 << TRACE_BITS, 6);
  slab_init(&c->extras, sizeof(struct extra), config->max_traces, 6);
  hops_init(&c->hops, config->max_traces);
  cells_init(&c->cells);
  opts_init(&c->opts, config->max_traces);
  slab_init(&c->timers, sizeof(struct user_timer), 1 << TRACE_BITS, 6);
  uint32_t batch = config->max_events * (uint32_t)sizeof(struct mtr_event);
  slab_init(&c->batch, batch + EVENTS_EXT, 1, 0);
  slab_init(&c->secrets, sizeof(struct identity), 1, 0);
  slab_init(&c->lanes, sizeof(struct lane), config->max_traces * MTR_LANES, 6);
  slab_init(&c->hash, sizeof(uint32_t) << SHARE_HASH_BITS, 1, 0);
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
  if (slab_reserve(&c->batch, 1) || slab_reserve(&c->secrets, 1))
    return -ENOMEM;
  c->identity = slab_at(&c->secrets, slab_take(&c->secrets));
  identity_init(c);
  c->events = slab_at(&c->batch, slab_take(&c->batch));
  c->ext = (uint8_t *)c->events + batch;
  return 0;
}

void core_close(struct core *c) {
  struct slab *all[] = {&c->traces, &c->extras, &c->timers, &c->batch,
                         &c->hash, &c->secrets, &c->lanes};
  for (unsigned i = 0; i < sizeof all / sizeof *all; i++) slab_close(all[i]);
  hops_close(&c->hops);
  cells_close(&c->cells);
  opts_close(&c->opts);
  for (uint32_t i = 0; i < c->regions; i++) table_close(&c->tables[i]);
}

double core_memory(const struct core *c) {
  const struct slab *all[] = {
      &c->traces, &c->extras, &c->timers, &c->batch, &c->hash, &c->secrets,
      &c->lanes,
      &c->cells.slab,
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

int core_reserve(struct core *c, int64_t now) {
  for (uint32_t i = 0; i < c->regions && turns_any(c); i++)
    if (identity_grow(c, &c->tables[i], now)) return -ENOMEM;
  if (hops_reserve(&c->hops)) return -ENOMEM;
  return cells_reserve(&c->cells, CELLS_LOW);
}

int64_t core_deadline(const struct core *c, int sending, int64_t now) {
  if (c->dirty_first != SLAB_NONE) return now;
  /* Then the wheel has only probes that may get a late reply. They can wait
   * until something else happens. */
  if (c->counters.traces_started <= c->counters.traces_done && !c->timers.used)
    return INT64_MAX;
  int64_t at = wheel_next(&c->wheel);
  if (!turns_any(c) || !sending) return at;
  if (c->nobody && c->urgent.first == SLAB_NONE) return at;
  int64_t send = pace_wake(&c->pace);
  if (c->urgent.first == SLAB_NONE && c->asked) {
    /* Strategies that were asked send before others are asked. */
    if (c->picking || c->asked >= ASK_MOST) return at;
    send += (int64_t)(c->asked * c->pace.gap_ns);
  }
  if (send < c->starved) send = c->starved;
  return send < at ? send : at;
}
