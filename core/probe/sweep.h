/* SPDX-License-Identifier: MIT
 *
 * sweep.h: the default strategy: up to |window| probes ahead along the path,
 * lowest TTL first, each hop asked until it has given |queries| answers or has
 * been tried |attempts| times for each; hops are judged in TTL order, so
 * nothing behind the destination is ever reported.
 *
 * It looks no further than gap_limit hops beyond the last one that answered:
 * what lies behind would never be used. Wrong if the path changes under it:
 * then the hops of one result are of two paths, as with every tracer.
 */
#ifndef PROBE_SWEEP_H
#define PROBE_SWEEP_H

#include "probe/trace.h"

/* sweep_next: the TTL that trace |t| wants to probe now, or 0 for none. It may
 * lie beyond the ring of hops, which then has to grow. */
unsigned sweep_next(struct trace *t);

/* sweep_settled: whether hop |ttl| of |t| will get no more probes or answers in
 * time. */
int sweep_settled(const struct trace *t, unsigned ttl);

/* sweep_judge: after hop |ttl| has settled, with |addr| its first answer's
 * address (NULL: silent): moves |t| past it, forgetting what is not in the
 * cells, and returns why the trace ends there, with t->stop_data set, or
 * MTR_STOP_NONE. */
int sweep_judge(struct trace *t, const struct cells *cells, unsigned ttl,
                const uint8_t *addr);

/* sweep_code: the ICMP code of hop |ttl|'s last unreachable that does not
 * complete. sweep_error: the errno of the last send to hop |ttl| that failed,
 * or 0. */
uint8_t sweep_code(const struct trace *t, const struct cells *cells,
                   unsigned ttl);
uint8_t sweep_error(const struct trace *t, const struct cells *cells,
                    unsigned ttl);

/* sweep_answer: an answer came for |ttl|: |flags| are MTR_REPLY_*. */
void sweep_answer(struct trace *t, unsigned ttl, unsigned flags);

/* sweep_lost: a probe for |ttl| ended without an answer. */
void sweep_lost(struct trace *t, unsigned ttl);

/* sweep_too_big: a probe of |size| bytes for |ttl| did not fit; the next hop
 * takes |mtu| (0 unknown), and |floor| is the least size that still makes a
 * probe. Lowers the size and tries again, or lets the attempt count. */
void sweep_too_big(struct trace *t, unsigned ttl, unsigned size, unsigned mtu,
                   unsigned floor);

#endif
