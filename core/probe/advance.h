/* SPDX-License-Identifier: MIT
 *
 * advance.h: judging. Traces that something happened to are looked at once;
 * their settled hops are reported in TTL order; a trace ends when a hop says
 * so. Stops when the event array is full; the rest waits for the next batch.
 */
#ifndef PROBE_ADVANCE_H
#define PROBE_ADVANCE_H

#include "probe/state.h"

/* advance_traces: judges the traces that changed. */
void advance_traces(struct core *c, int64_t now);

#endif
