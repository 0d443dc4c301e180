/* SPDX-License-Identifier: MIT
 *
 * outstanding.h: the probes of a trace that may still be answered, in the order
 * in which they were sent, and what becomes of them afterwards.
 *
 * Wrong if a probe is added twice or removed twice: the list would be broken
 * and the count of the window with it.
 */
#ifndef PROBE_OUTSTANDING_H
#define PROBE_OUTSTANDING_H

#include "probe/state.h"

/* outstanding_add: |p| is outstanding in |t| from now on. */
void outstanding_add(struct core *c, struct trace *t, struct probe *p);

/* outstanding_remove: |p| is outstanding in |t| no longer. */
void outstanding_remove(struct core *c, struct trace *t, struct probe *p);

/* outstanding_retire: |p|, outstanding no longer, has ended in |state|; its
 * identity stays reserved for late replies. */
void outstanding_retire(struct core *c, struct probe *p,
                        enum probe_state state, int64_t now);

#endif
