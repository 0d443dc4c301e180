/* SPDX-License-Identifier: MIT
 *
 * silence.h: what a trace's result keeps of probes that were not answered:
 * their number per hop.
 *
 * Wrong if a hop gets another probe afterwards: that one would not be counted.
 */
#ifndef PROBE_SILENCE_H
#define PROBE_SILENCE_H

#include "probe/state.h"

/* silence_keep: keeps, for the result, how many probes of hop |ttl| of |t|,
 * which gets no more, were not answered. It may allocate. */
void silence_keep(struct core *c, struct trace *t, unsigned ttl);

#endif
