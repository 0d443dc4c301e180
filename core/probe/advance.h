/* SPDX-License-Identifier: MIT
 *
 * advance.h: judges traces that changed. Each is judged once; its settled hops
 * are reported in TTL order; a hop can end the trace. When the event array is
 * full, the rest waits for the next batch.
 */
#ifndef PROBE_ADVANCE_H
#define PROBE_ADVANCE_H

#include "probe/state.h"

/* advance_traces: judges all traces that changed. */
void advance_traces(struct core *c, int64_t now);

#endif
