/* SPDX-License-Identifier: MIT
 *
 * answer.h: takes probes that are chosen outside: by the caller of a manual
 * trace, or by a strategy that was asked (ask.h).
 *
 * A hop of a strategy has settled when no probe is outstanding there, and the
 * last answer of the strategy was a probe for a higher TTL or a pass.
 */
#ifndef PROBE_ANSWER_H
#define PROBE_ANSWER_H

#include "probe/state.h"

/* answer_probe: queues a probe of |t|, a manual trace or a strategy, from
 * source port |sport|, and writes its handle. -EAGAIN: no identity is free;
 * -EBUSY: it was not asked; -EDQUOT: max_probes; -ENOMEM. */
int answer_probe(struct core *c, struct trace *t, struct mtr_probe_opts *opts,
                 uint16_t sport, int64_t now);

/* answer_pass: notes that strategy |t| has no probe now. It is asked again
 * after |wake| ns (negative: never). 0; -EBUSY: it was not asked. */
int answer_pass(struct core *c, struct trace *t, int64_t wake, int64_t now);

/* answer_pace: lets the next probe of |t| go |wait| ns after its last one. 0;
 * -EBUSY: it was not asked. */
int answer_pace(struct core *c, struct trace *t, int64_t wait);

#endif
