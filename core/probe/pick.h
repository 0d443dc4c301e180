/* SPDX-License-Identifier: MIT
 *
 * pick.h: engines that were opened with |pick| ask, with one event for all,
 * which trace sends next. The caller looks at the list and chooses.
 *
 * Wrong if the caller never looks at the list: it is not asked again before it
 * has.
 */
#ifndef PROBE_PICK_H
#define PROBE_PICK_H

#include "probe/state.h"

/* pick_list: mtr_ready: writes the cookies of up to |n| traces that could send
 * now; returns how many there are. */
uint32_t pick_list(struct core *c, uint32_t *cookies, uint32_t n, int64_t now);

/* pick_trace: mtr_pick: running trace |t| sends next. 0, or -EBUSY if it does
 * not wait to be picked. */
int pick_trace(struct core *c, struct trace *t);

/* pick_nobody: mtr_pick of none: nobody is asked who is before something has
 * happened. */
void pick_nobody(struct core *c);

/* pick_ask: asks who sends next, if anybody waits to be picked and nobody was
 * asked; |k| probes have just been filled. */
void pick_ask(struct core *c, uint32_t k, int64_t now);

#endif
