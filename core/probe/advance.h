/* SPDX-License-Identifier: MIT
 *
 * advance.h: judges traces that changed. Each is judged once; its settled hops
 * are reported in TTL order; a hop can end the trace. When the event array is
 * full, the rest waits for the next batch.
 */
#ifndef PROBE_ADVANCE_H
#define PROBE_ADVANCE_H

#include "probe/state.h"

/* advance_traces: judges all traces that changed. advance_some: judges up to
 * |most| of them; returns 1 if there may be more. */
void advance_traces(struct core *c, int64_t now);
int advance_some(struct core *c, int64_t now, uint32_t most);

#endif
