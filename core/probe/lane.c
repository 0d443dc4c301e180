/* SPDX-License-Identifier: MIT */
#include "probe/lane.h"

#include <errno.h>

#include "probe/turns.h"

/* From turn to turn, as a part of the time between two probes. Less than one,
 * so that others go in place of those whose turn is not used. */
static const double LANE_STEP = 0.875;

/* Returns lane |number|, or NULL if it is not open. */
static struct lane *lane_at(const struct core *c, uint32_t number) {
  if (!number || number > c->lanes.count) return NULL;
  struct lane *l = slab_at(&c->lanes, number - 1);
  return l->state == LANE_OPEN ? l : NULL;
}

uint32_t lane_open(struct core *c, double rate, int64_t now) {
  slab_reserve(&c->lanes, 1);
  uint32_t i = slab_take(&c->lanes);
  if (i == SLAB_NONE) return 0;
  struct lane *l = slab_at(&c->lanes, i);
  l->users = 0;
  l->state = LANE_OPEN;
  l->turn = now;
  pace_init(&l->pace, rate, now);
  return i + 1;
}

static void free_unused(struct core *c, struct lane *l, uint32_t number) {
  if (l->users || l->state != LANE_CLOSING) return;
  l->state = LANE_FREE;
  slab_give(&c->lanes, number - 1);
}

int lane_close(struct core *c, uint32_t number) {
  struct lane *l = lane_at(c, number);
  if (!l) return -ESTALE;
  l->state = LANE_CLOSING;
  free_unused(c, l, number);
  return 0;
}

static int is_in(const struct trace *t, uint32_t number) {
  if (t->state != TRACE_RUNNING || !t->laned) return 0;
  for (unsigned i = 0; i < MTR_LANES; i++)
    if (t->extra->lanes[i] == number) return 1;
  return 0;
}

int lane_rate(struct core *c, uint32_t number, double rate, int64_t now) {
  struct lane *l = lane_at(c, number);
  if (!l) return -ESTALE;
  pace_change(&l->pace, rate);
  l->turn = now;
  for (uint32_t i = 0; i < c->traces.count; i++) {
    struct trace *t = slab_at(&c->traces, i);
    if (!is_in(t, number)) continue;
    t->extra->turn = 0;                /* turns of the old rate may be far */
    turns_ready(c, t);
  }
  return 0;
}

int lane_known(const struct core *c, const uint32_t *lanes) {
  for (unsigned i = 0; i < MTR_LANES; i++)
    if (lanes[i] && !lane_at(c, lanes[i])) return 0;
  return 1;
}

void lane_join(struct core *c, struct trace *t, const uint32_t *lanes) {
  for (unsigned i = 0; i < MTR_LANES; i++) {
    if (!lanes[i]) continue;
    t->laned = 1;
    t->extra->lanes[i] = lanes[i];
    lane_at(c, lanes[i])->users++;
  }
}

void lane_leave(struct core *c, const struct trace *t) {
  for (unsigned i = 0; t->laned && i < MTR_LANES; i++) {
    uint32_t number = t->extra->lanes[i];
    if (!number) continue;
    struct lane *l = slab_at(&c->lanes, number - 1);
    l->users--;
    free_unused(c, l, number);
  }
}

int64_t lane_wake(const struct core *c, struct trace *t, int64_t now) {
  int64_t at = t->at;
  struct lane *slowest = NULL;
  for (unsigned i = 0; i < MTR_LANES; i++) {
    if (!t->extra->lanes[i]) continue;
    struct lane *l = slab_at(&c->lanes, t->extra->lanes[i] - 1);
    int64_t next = pace_next(&l->pace);
    if (next <= now || next <= at) continue;
    at = next;
    slowest = l;
  }
  if (!slowest || at <= now) return at;
  if (t->extra->turn > now) return t->extra->turn;
  if (t->extra->turn) return at;       /* it has had its turn */
  if (slowest->turn > at) at = slowest->turn;
  slowest->turn = at + (int64_t)(slowest->pace.gap_ns * LANE_STEP);
  return t->extra->turn = at;
}

void lane_sent(struct core *c, struct trace *t, int64_t now) {
  t->extra->turn = 0;
  for (unsigned i = 0; i < MTR_LANES; i++) {
    if (!t->extra->lanes[i]) continue;
    struct lane *l = slab_at(&c->lanes, t->extra->lanes[i] - 1);
    pace_take(&l->pace, 1, now);
  }
}
