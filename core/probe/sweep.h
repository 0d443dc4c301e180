/* SPDX-License-Identifier: MIT
 *
 * sweep.h: the default strategy. It keeps up to |window| probes outstanding,
 * the lowest TTL first. A hop is probed until it has given |queries| answers or
 * has had |attempts| probes for each. Hops are judged in TTL order, so no hop
 * behind the destination is ever reported.
 *
 * It probes at most gap_limit hops beyond the last one that answered, because
 * the hops behind would not be used. Wrong if the path changes meanwhile: then
 * the result has hops of two paths, as with every tracer.
 */
#ifndef PROBE_SWEEP_H
#define PROBE_SWEEP_H

#include "probe/trace.h"

/* sweep_next: returns the TTL that |t| wants to probe now, or 0 for none. It
 * may lie beyond the ring of hops, which has to grow then. */
unsigned sweep_next(struct trace *t);

/* sweep_settled: returns 1 if hop |ttl| of |t| was probed and will get no more
 * probes, and no more answers in time. */
int sweep_settled(const struct trace *t, unsigned ttl);

/* sweep_judge: judges hop |ttl|, which has settled; |addr| is the address of
 * its first answer (NULL: silent). Moves |t| past the hop, of which only the
 * cells remain. Returns why the trace ends there and sets t->stop_data, or
 * returns MTR_STOP_NONE. */
int sweep_judge(struct trace *t, const struct cells *cells, unsigned ttl,
                const uint8_t *addr);

/* sweep_code: returns the ICMP code of the last answer of hop |ttl| with
 * MTR_REPLY_UNREACH. sweep_error: returns the errno of the last failed send to
 * hop |ttl|, or 0. */
uint8_t sweep_code(const struct trace *t, const struct cells *cells,
                   unsigned ttl);
uint8_t sweep_error(const struct trace *t, const struct cells *cells,
                    unsigned ttl);

/* sweep_answer: takes in an answer for |ttl|; |flags| are MTR_REPLY_*. */
void sweep_answer(struct trace *t, unsigned ttl, unsigned flags);

/* sweep_lost: notes that a probe for |ttl| ended without an answer. */
void sweep_lost(struct trace *t, unsigned ttl);

/* sweep_too_big: notes that a probe of |size| bytes for |ttl| was too big.
 * The next hop takes |mtu| bytes (0: unknown); |floor| is the size of the
 * smallest probe. Lowers the size and tries again, or counts the attempt. */
void sweep_too_big(struct trace *t, unsigned ttl, unsigned size, unsigned mtu,
                   unsigned floor);

#endif
