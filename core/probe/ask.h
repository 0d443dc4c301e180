/* SPDX-License-Identifier: MIT
 *
 * ask.h: questions to strategies, as events. Asking reserves room for the
 * answer in the window, the pace and the probe table, so that no answer comes
 * too early to be sent, and no strategy can get ahead of what is allowed.
 */
#ifndef PROBE_ASK_H
#define PROBE_ASK_H

#include "probe/state.h"

enum { ASK_MOST = 1024 /* probes that may be asked for at once */ };

/* ask_allowed: for how many probes somebody may be asked at |now|, when |n| are
 * about to be sent and become an event each. */
uint32_t ask_allowed(const struct core *c, uint32_t n, int64_t now);

/* ask_count: how many probes strategy |t|, asked now, may answer with. */
uint32_t ask_count(const struct core *c, const struct trace *t);

/* ask_trace: asks |t| (NULL: who is to be picked) with an event of |kind|, for
 * up to |n| probes. There must be room. */
struct mtr_event *ask_trace(struct core *c, unsigned kind, struct trace *t,
                            uint32_t n, int64_t now);

/* ask_answered: |t| has answered, if it was asked. */
void ask_answered(struct core *c, struct trace *t);

#endif
