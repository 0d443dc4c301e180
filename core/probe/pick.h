/* SPDX-License-Identifier: MIT
 *
 * pick.h: an engine opened with |pick| asks, with one event for all traces,
 * which trace sends next. The caller reads the list and chooses.
 *
 * Wrong if the caller never reads the list: the next question comes only after
 * that.
 */
#ifndef PROBE_PICK_H
#define PROBE_PICK_H

#include "probe/state.h"

/* pick_list: does mtr_ready: writes the cookies of up to |n| traces that can
 * send now; returns how many there are. */
uint32_t pick_list(struct core *c, uint32_t *cookies, uint32_t n, int64_t now);

/* pick_trace: does mtr_pick: lets |t| send next. 0; -EBUSY: it does not wait to
 * be picked. */
int pick_trace(struct core *c, struct trace *t);

/* pick_nobody: does mtr_pick of trace 0: the next PICK comes only after
 * something has happened. */
void pick_nobody(struct core *c);

/* pick_ask: asks which trace sends next, if some wait to be picked and no PICK
 * is open; |k| probes have just been filled. */
void pick_ask(struct core *c, uint32_t k, int64_t now);

#endif
