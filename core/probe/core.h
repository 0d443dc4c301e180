/* SPDX-License-Identifier: MIT
 *
 * core.h: the engine without input, output or clock, for the floors above.
 * Traces are started (start.h); the caller asks which probes to send
 * (fill_probes), says when each one left (fill_sent), hands in replies
 * (receive_replies), and lets time pass (expire_due); advance_traces then
 * judges the traces that something happened to. What users hear of comes out as
 * events in one array (events.h), emptied before the next round.
 *
 * The array is bounded: the caller hands in no more than events_room says.
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

/* core_init: an empty engine at |now|. 0 or -ENOMEM. */
int core_init(struct core *c, const struct core_config *config, int64_t now);

/* core_close: frees everything. */
void core_close(struct core *c);

/* core_region: the region that traces to |dst| belong to: always the same one,
 * so that a flow has the same ports whenever it is traced; but while that one
 * is full, the next that is not. */
uint32_t core_region(const struct core *c, const uint8_t dst[16], int64_t now);

/* core_reserve: grows tables and cells between batches, so that nothing is
 * allocated within one. 0 or -ENOMEM. */
int core_reserve(struct core *c, int64_t now);

/* core_deadline: when there will be something to do, ns; INT64_MAX never. With
 * |sending| 0, probes that may go do not count: the caller cannot send now. */
int64_t core_deadline(const struct core *c, int sending, int64_t now);

/* core_memory: bytes of all slabs. */
double core_memory(const struct core *c);

#endif
