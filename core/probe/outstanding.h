/* SPDX-License-Identifier: MIT
 *
 * outstanding.h: the probes of a trace that may still be answered, in the order
 * in which they were sent, and how they end.
 *
 * Wrong if a probe is added twice or removed twice: that breaks the list and
 * the count of the window.
 */
#ifndef PROBE_OUTSTANDING_H
#define PROBE_OUTSTANDING_H

#include "probe/state.h"

/* outstanding_add: adds |p| to the outstanding probes of |t|. */
void outstanding_add(struct core *c, struct trace *t, struct probe *p);

/* outstanding_remove: removes |p| from them. */
void outstanding_remove(struct core *c, struct trace *t, struct probe *p);

/* outstanding_retire: ends |p|, which was removed, in |state|. Its identity
 * stays reserved for late replies. */
void outstanding_retire(struct core *c, struct probe *p,
                        enum probe_state state, int64_t now);

#endif
