/* SPDX-License-Identifier: MIT
 *
 * hops.h: the rings in which traces keep their hops. A ring has 8 hops inside
 * the trace, or 16, 32 or 256 hops from a slab for that size. A trace whose
 * probes run far ahead of a silent hop moves to a larger ring. If none is free
 * now, it waits until the next hops_reserve.
 */
#ifndef PROBE_HOPS_H
#define PROBE_HOPS_H

#include "probe/trace.h"

struct hops {
  struct slab ring[HOP_RINGS];
  uint32_t missed;       /* bit per size: a ring was wanted, none was free */
};

/* hops_init: begins without rings, for at most |max| traces. hops_close: frees
 * everything. */
void hops_init(struct hops *s, uint32_t max);
void hops_close(struct hops *s);

/* hops_open: gives |t|, a new trace that is all zero, a ring of at least |n|
 * hops. It may allocate. 0 or -ENOMEM. */
int hops_open(struct hops *s, struct trace *t, unsigned n);

/* hops_fit: makes the ring of |t| reach up to |ttl|. 0; -ENOMEM: that has to
 * wait for hops_reserve. */
int hops_fit(struct hops *s, struct trace *t, unsigned ttl);

/* hops_give: gives the ring of |t| back. */
void hops_give(struct hops *s, struct trace *t);

/* hops_reserve: allocates the rings that were missed. Call it between batches.
 * 0 or -ENOMEM. */
int hops_reserve(struct hops *s);

/* hops_bytes: returns the bytes of the slabs. hops_used: returns how many rings
 * of the slabs are in use. */
size_t hops_bytes(const struct hops *s);
uint32_t hops_used(const struct hops *s);

#endif
