/* SPDX-License-Identifier: MIT
 *
 * share.h: UDP or TCP traces of the same ports and destination. They share the
 * answers that carry nothing of the probe that they answer (data.h); one of
 * them holds these until it is known whose they are. All running UDP and TCP
 * traces are in a hash table by destination.
 *
 * Wrong if a trace changes its destination while it runs: it would not be found
 * in the table any more.
 */
#ifndef PROBE_SHARE_H
#define PROBE_SHARE_H

#include "probe/state.h"

enum { SHARE_HASH_BITS = 14 };

/* share_join: |t|, a new UDP or TCP trace, is found from now on and
 * shares their data. 0 or -ENOMEM. */
int share_join(struct core *c, struct trace *t);

/* share_leave: |t| is found no longer; the data that it holds is passed on. */
void share_leave(struct core *c, struct trace *t);

/* share_match: the next running trace of |protocol| to |dst|, behind |after|
 * (NULL: the first), or NULL. */
struct trace *share_match(const struct core *c, const uint8_t dst[16],
                          unsigned protocol, const struct trace *after);

/* share_next: the traces that share |t|'s data: the one after |o| (NULL: the
 * first), or NULL. */
struct trace *share_next(const struct core *c, const struct trace *t,
                         struct trace *o);

/* share_holder: the trace that holds the data that |t| shares, or would hold
 * it; NULL: nobody shares it. */
struct trace *share_holder(const struct core *c, const struct trace *t);

/* share_recount: a probe of |t| is outstanding no longer, so that it may be
 * known now whose the data is. */
void share_recount(struct core *c, const struct trace *t);

#endif
