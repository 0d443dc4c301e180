/* SPDX-License-Identifier: MIT
 *
 * share.h: UDP or TCP traces with the same ports and destination. They share
 * the data that arrives, because it shows nothing of the probe that it answers.
 * One of the traces keeps the data until it is credited (data.h). All running
 * UDP and TCP traces are in a hash table by destination.
 *
 * Wrong if a trace changes its destination while it runs: the table would not
 * find it any more.
 */
#ifndef PROBE_SHARE_H
#define PROBE_SHARE_H

#include "probe/state.h"

enum { SHARE_HASH_BITS = 14 };

/* share_join: adds |t|, a new UDP or TCP trace, to the table. 0 or -ENOMEM. */
int share_join(struct core *c, struct trace *t);

/* share_leave: removes |t| from the table; its data goes to another trace. */
void share_leave(struct core *c, struct trace *t);

/* share_match: returns the next running trace of |protocol| to |dst|, behind
 * |after| (NULL: the first), or NULL. */
struct trace *share_match(const struct core *c, const uint8_t dst[16],
                          unsigned protocol, const struct trace *after);

/* share_next: returns the next trace that shares the data of |t|, behind |o|
 * (NULL: the first), or NULL. */
struct trace *share_next(const struct core *c, const struct trace *t,
                         struct trace *o);

/* share_keeper: returns the trace that keeps, or would keep, the data that |t|
 * shares; NULL: no trace shares it. */
struct trace *share_keeper(const struct core *c, const struct trace *t);

/* share_recount: call it after a probe of |t| has ended: perhaps the data can
 * be credited now. */
void share_recount(struct core *c, const struct trace *t);

#endif
