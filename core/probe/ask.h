/* SPDX-License-Identifier: MIT
 *
 * ask.h: asks strategies with events. Asking reserves a slot for the answer in
 * the window, the rate and the probe table. So every answer can be sent at
 * once, and no strategy can send more than is allowed.
 */
#ifndef PROBE_ASK_H
#define PROBE_ASK_H

#include "probe/state.h"

enum { ASK_MOST = 1024 /* most probes asked for at the same time */ };

/* ask_allowed: returns how many probes may be asked for at |now|, if |n| others
 * are about to be sent and become an event each. */
uint32_t ask_allowed(const struct core *c, uint32_t n, int64_t now);

/* ask_count: returns how many probes to ask strategy |t| for now. */
uint32_t ask_count(const struct core *c, const struct trace *t);

/* ask_trace: asks |t| with an event of |kind| for up to |n| probes; NULL: asks
 * which trace sends next. There must be room. Returns the event. */
struct mtr_event *ask_trace(struct core *c, unsigned kind, struct trace *t,
                            uint32_t n, int64_t now);

/* ask_answered: ends the question to |t|, if there is one. */
void ask_answered(struct core *c, struct trace *t);

#endif
