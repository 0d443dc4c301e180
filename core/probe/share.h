/* SPDX-License-Identifier: MIT
 *
 * share.h: UDP traces of the same ports and destination. They share the data
 * that arrives there, because it carries nothing of the probe that it answers;
 * one of them holds it until it is known whose it is (data.h). All running UDP
 * traces are in a hash table by destination and source port.
 *
 * Wrong if a trace changes its destination or port while it runs: it would not
 * be found in the table any more.
 */
#ifndef PROBE_SHARE_H
#define PROBE_SHARE_H

#include "probe/state.h"

enum { SHARE_HASH_BITS = 14 };

/* share_join: |t|, a new UDP trace, is found by its ports from now on and
 * shares their data. 0 or -ENOMEM. */
int share_join(struct core *c, struct trace *t);

/* share_leave: |t| is found no longer; the data that it holds is passed on. */
void share_leave(struct core *c, struct trace *t);

/* share_match: the next running UDP trace to |dst| from |sport|, behind |after|
 * (NULL: the first), or NULL. */
struct trace *share_match(const struct core *c, const uint8_t dst[16],
                          unsigned sport, const struct trace *after);

/* share_next: the traces that share |t|'s data: the one after |o| (NULL: the
 * first), or NULL. */
struct trace *share_next(const struct core *c, const struct trace *t,
                         struct trace *o);

/* share_keeper: the trace that holds the data that |t| shares, or would hold
 * it; NULL: nobody shares it. */
struct trace *share_keeper(const struct core *c, const struct trace *t);

/* share_recount: a probe of |t| is outstanding no longer, so that it may be
 * known now whose the data is. */
void share_recount(struct core *c, const struct trace *t);

#endif
