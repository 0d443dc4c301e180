/* SPDX-License-Identifier: MIT
 *
 * hops.h: the rings in which traces keep their hops: of 8 places within the
 * trace itself, or of 16, 32 or 256, each size from a slab of its own. A trace
 * whose probes run ahead of a silent hop moves to a larger one; if there is
 * none just now, it waits until the next hops_reserve.
 */
#ifndef PROBE_HOPS_H
#define PROBE_HOPS_H

#include "probe/trace.h"

struct hops {
  struct slab ring[HOP_RINGS];
  uint32_t missed;       /* bit per size: one was wanted and not there */
};

/* hops_init: nothing yet, for at most |max| traces. hops_close: frees all. */
void hops_init(struct hops *s, uint32_t max);
void hops_close(struct hops *s);

/* hops_open: gives |t|, which starts and is zero, a ring of at least |n|
 * places. It may
 * allocate. 0 or -ENOMEM. */
int hops_open(struct hops *s, struct trace *t, unsigned n);

/* hops_fit: makes the ring of |t| reach to |ttl|. 0, or -ENOMEM when that has
 * to wait for hops_reserve. */
int hops_fit(struct hops *s, struct trace *t, unsigned ttl);

/* hops_give: |t| is over. */
void hops_give(struct hops *s, struct trace *t);

/* hops_reserve: makes what was missed, between batches. 0 or -ENOMEM. */
int hops_reserve(struct hops *s);

/* hops_bytes: memory in use. hops_used: rings of the slabs in
 * use. */
size_t hops_bytes(const struct hops *s);
uint32_t hops_used(const struct hops *s);

#endif
