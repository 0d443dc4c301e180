/* SPDX-License-Identifier: MIT
 *
 * core.h: the engine without input, output or clock, for the floors above. The
 * caller starts traces (start.h), asks which probes to send (fill_probes),
 * reports when each one left (fill_sent), hands in replies (receive_replies)
 * and lets time pass (expire_due). Then advance_traces judges the traces that
 * changed. The results are events in one array (events.h), which the caller
 * empties before the next step.
 *
 * The array is bounded: the caller hands in no more than events_room allows.
 */
#ifndef PROBE_CORE_H
#define PROBE_CORE_H

#include "probe/advance.h"
#include "probe/answer.h"
#include "probe/deliver.h"
#include "probe/describe.h"
#include "probe/events.h"
#include "probe/expire.h"
#include "probe/fill.h"
#include "probe/pick.h"
#include "probe/receive.h"
#include "probe/start.h"
#include "probe/state.h"
#include "probe/stop.h"
#include "probe/timers.h"
#include "probe/turns.h"

/* core_init: makes an empty engine at |now|. 0 or -ENOMEM. */
int core_init(struct core *c, const struct core_config *config, int64_t now);

/* core_close: frees everything. */
void core_close(struct core *c);

/* core_region: returns the region for traces to |dst|. It is always the same
 * one, so that a flow has the same ports whenever it is traced. While that
 * region is full, it is the next one with room. */
uint32_t core_region(const struct core *c, const uint8_t dst[16], int64_t now);

/* core_reserve: grows tables and cells between batches, so that nothing is
 * allocated within one. 0 or -ENOMEM. */
int core_reserve(struct core *c, int64_t now);

/* core_deadline: returns when there will be something to do, ns; INT64_MAX:
 * never. |sending| 0: the caller cannot send now, so probes do not count. */
int64_t core_deadline(const struct core *c, int sending, int64_t now);

/* core_memory: returns the bytes of all slabs. */
double core_memory(const struct core *c);

#endif
