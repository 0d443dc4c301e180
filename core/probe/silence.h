/* SPDX-License-Identifier: MIT
 *
 * silence.h: keeps the number of probes per hop that were not answered, for the
 * result.
 *
 * Wrong if a hop gets another probe afterwards: that one is not counted.
 */
#ifndef PROBE_SILENCE_H
#define PROBE_SILENCE_H

#include "probe/state.h"

/* silence_keep: keeps how many probes of hop |ttl| of |t| were not answered.
 * Call it when the hop gets no more probes. It may allocate. */
void silence_keep(struct core *c, struct trace *t, unsigned ttl);

#endif
