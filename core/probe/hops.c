/* SPDX-License-Identifier: MIT */
#include "probe/hops.h"

#include <errno.h>
#include <string.h>

enum { RESERVED = 64 };

static const uint16_t ring_sizes[HOP_RINGS] = {16, 32, 256};

void hops_init(struct hops *s, uint32_t max) {
  for (int k = 0; k < HOP_RINGS; k++)
    slab_init(&s->ring[k], ring_sizes[k] * (uint32_t)sizeof(struct hop), max,
              ring_sizes[k] > 32 ? 3 : 6);
  s->missed = 0;
}

void hops_close(struct hops *s) {
  for (int k = 0; k < HOP_RINGS; k++) slab_close(&s->ring[k]);
}

static int kind_for(unsigned n) {
  int k = 0;
  while (k < HOP_RINGS - 1 && ring_sizes[k] < n) k++;
  return k;
}

static struct slab *ring_of(struct hops *s, const struct trace *t) {
  return &s->ring[kind_for(t->hop_mask + 1u)];
}

static void take(struct hops *s, struct trace *t, int k) {
  t->hops_index = slab_take(&s->ring[k]);
  t->hops = slab_at(&s->ring[k], t->hops_index);
  t->hop_mask = (uint8_t)(ring_sizes[k] - 1);
  memset(t->hops, 0, s->ring[k].size);
}

int hops_open(struct hops *s, struct trace *t, unsigned n) {
  int k = kind_for(n);
  t->hops = t->near;
  t->hop_mask = HOPS_NEAR - 1;
  if (n <= HOPS_NEAR) return 0;
  if (slab_reserve(&s->ring[k], 1) || s->ring[k].free == SLAB_NONE)
    return -ENOMEM;
  take(s, t, k);
  return 0;
}

int hops_fit(struct hops *s, struct trace *t, unsigned ttl) {
  unsigned n = ttl - t->settled;
  if (n <= t->hop_mask + 1u) return 0;
  int k = kind_for(n);
  if (s->ring[k].free == SLAB_NONE) {
    s->missed |= 1u << k;
    return -ENOMEM;
  }
  struct trace old = *t;               /* still has the old ring */
  take(s, t, k);
  for (unsigned i = t->settled + 1u; i <= t->settled + old.hop_mask + 1u; i++)
    *trace_hop(t, i) = *trace_hop(&old, i);
  if (old.hops != t->near) hops_give(s, &old);
  return 0;
}

void hops_give(struct hops *s, struct trace *t) {
  if (t->hops != t->near) slab_give(ring_of(s, t), t->hops_index);
}

int hops_reserve(struct hops *s) {
  for (int k = 0; s->missed && k < HOP_RINGS; k++)
    if (s->missed >> k & 1 && slab_reserve(&s->ring[k], RESERVED))
      return -ENOMEM;
  s->missed = 0;
  return 0;
}

size_t hops_bytes(const struct hops *s) {
  size_t sum = 0;
  for (int k = 0; k < HOP_RINGS; k++) sum += slab_bytes(&s->ring[k]);
  return sum;
}

uint32_t hops_used(const struct hops *s) {
  uint32_t n = 0;
  for (int k = 0; k < HOP_RINGS; k++) n += s->ring[k].used;
  return n;
}
