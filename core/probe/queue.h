/* SPDX-License-Identifier: MIT
 *
 * queue.h: the queue of probes that were chosen outside for a trace and are not
 * yet sent; first in, first out. Traces with a sweep have no queue.
 */
#ifndef PROBE_QUEUE_H
#define PROBE_QUEUE_H

#include "probe/state.h"

/* queue_put: appends |p| to the queue of |t|. */
void queue_put(struct core *c, struct trace *t, struct probe *p);

/* queue_take: removes and returns the first probe of the queue; NULL: none. */
struct probe *queue_take(struct core *c, struct trace *t);

#endif
