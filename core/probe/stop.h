/* SPDX-License-Identifier: MIT
 *
 * stop.h: ends traces. Nothing more is sent, outstanding probes are given up,
 * and advance.h reports the end. The memory stays until the trace is released.
 */
#ifndef PROBE_STOP_H
#define PROBE_STOP_H

#include "probe/state.h"

/* stop_trace: ends |t| with |reason| and |data|, if it is running. */
void stop_trace(struct core *c, struct trace *t, unsigned reason,
                unsigned data, int64_t now);

/* stop_release: frees |t|, which is done or did not start. */
void stop_release(struct core *c, struct trace *t);

#endif
