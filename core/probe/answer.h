/* SPDX-License-Identifier: MIT
 *
 * answer.h: probes that are chosen outside: queued by the caller (manual
 * traces), or given as the answer of a strategy that was asked (ask.h).
 *
 * A hop of a strategy has settled when no probe is outstanding at it and the
 * strategy, asked, turned to a higher TTL or to none.
 */
#ifndef PROBE_ANSWER_H
#define PROBE_ANSWER_H

#include "probe/state.h"

/* answer_probe: queues a probe of |t|, which is manual or a strategy, from
 * |sport|, and writes its handle. 0, -EAGAIN (no identity is free), -EBUSY (it
 * was not asked), -EDQUOT (max_probes) or -ENOMEM. */
int answer_probe(struct core *c, struct trace *t, struct mtr_probe_opts *opts,
                 uint16_t sport, int64_t now);

/* answer_pass: strategy |t| has no probe now; it is asked again after |wake|
 * ns, unless that is negative. 0, or -EBUSY: it was not asked. */
int answer_pass(struct core *c, struct trace *t, int64_t wake, int64_t now);

/* answer_pace: the next probe of |t| goes |wait| ns after its last. 0, or
 * -EBUSY: it was not asked. */
int answer_pace(struct core *c, struct trace *t, int64_t wait);

#endif
