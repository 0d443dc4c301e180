/* SPDX-License-Identifier: MIT */
#include "probe/table.h"

#include <string.h>

enum {
  TABLE_CHUNK = 10,      /* a chunk is 1,024 probes */
  TABLE_LOW = 512,       /* it grows if fewer fresh probes are left */
  TABLE_HANDLE = 19      /* bits of a handle below its generation */
};

/* Queues are long: their next probe was not used for seconds and is no longer
 * in the cache. So each probe knows the one TABLE_AHEAD later, to fetch it
 * early. */
static void queue_push(struct table *t, struct table_queue *q, uint32_t place) {
  struct probe *p = slab_at(&t->slab, place);
  p->next = p->newer = SLAB_NONE;
  if (q->last == SLAB_NONE) {
    q->first = place;
  } else {
    struct probe *last = slab_at(&t->slab, q->last);
    last->next = place;
  }
  q->last = place;
  uint32_t *recent = &q->recent[q->pushed++ % TABLE_AHEAD];
  if (q->count++ >= TABLE_AHEAD) {
    struct probe *before = slab_at(&t->slab, *recent);
    before->newer = place;
  }
  *recent = place;
}

static uint32_t queue_pop(struct table *t, struct table_queue *q) {
  uint32_t place = q->first;
  struct probe *p = slab_at(&t->slab, place);
  if (p->newer != SLAB_NONE) probe_fetch(slab_at(&t->slab, p->newer));
  q->first = p->next;
  q->count--;
  if (q->first == SLAB_NONE) q->last = SLAB_NONE;
  return place;
}

static int64_t queue_until(const struct table *t, const struct table_queue *q) {
  if (q->first == SLAB_NONE) return INT64_MAX;
  const struct probe *p = slab_at(&t->slab, q->first);
  return p->timer.at;
}

void table_init(struct table *t, uint32_t region, uint32_t max) {
  slab_init(&t->slab, sizeof(struct probe), max, TABLE_CHUNK);
  t->region = region;
  t->answered = t->silent =
      (struct table_queue){.first = SLAB_NONE, .last = SLAB_NONE};
}

void table_close(struct table *t) { slab_close(&t->slab); }

static int64_t reusable_at(const struct table *t) {
  int64_t silent = queue_until(t, &t->silent);
  int64_t answered = queue_until(t, &t->answered);
  return silent < answered ? silent : answered;
}

int table_has_room(const struct table *t, int64_t now) {
  return t->slab.used < t->slab.max || t->answered.first != SLAB_NONE ||
         reusable_at(t) <= now;
}

int table_grow(struct table *t, int64_t now) {
  uint32_t fresh = t->slab.count - t->slab.used;
  if (fresh >= TABLE_LOW || reusable_at(t) <= now) return 0;
  return slab_reserve(&t->slab, TABLE_LOW);
}

struct probe *table_take(struct table *t, int64_t now) {
  uint32_t place;
  if (queue_until(t, &t->silent) <= now)
    place = queue_pop(t, &t->silent);
  else if (queue_until(t, &t->answered) <= now)
    place = queue_pop(t, &t->answered);
  else if ((place = slab_take(&t->slab)) == SLAB_NONE) {
    if (t->answered.first == SLAB_NONE || t->slab.count < t->slab.max)
      return NULL;
    place = queue_pop(t, &t->answered);
  }
  struct probe *p = slab_at(&t->slab, place);
  uint32_t generation = (p->handle >> TABLE_HANDLE) + 1;
  if (!(generation << TABLE_HANDLE)) generation = 1;   /* a handle is never 0 */
  memset(p, 0, sizeof *p);
  p->handle = generation << TABLE_HANDLE | t->region << TABLE_SHIFT | place;
  p->next = p->older = p->newer = SLAB_NONE;
  return p;
}

void table_retire(struct table *t, struct probe *p, enum probe_state state,
                  int64_t until) {
  p->state = (uint8_t)state;
  p->timer.at = until;
  queue_push(t, state == PROBE_ANSWERED ? &t->answered : &t->silent,
             table_place(p));
}

int64_t table_free_at(const struct table *t, int64_t now) {
  return t->slab.count < t->slab.max ? now : reusable_at(t);
}

uint32_t table_fold(const uint8_t addr[16]) {
  uint32_t w[4];
  memcpy(w, addr, sizeof w);
  return w[0] ^ w[1] * 0x9e3779b1u ^ w[2] * 0x85ebca6bu ^ w[3] * 0xc2b2ae35u;
}
