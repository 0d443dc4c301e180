/* SPDX-License-Identifier: MIT
 *
 * stop.h: how a trace ends: nothing more is sent, what is outstanding is given
 * up, and the judge reports the end. Its memory stays until it is released.
 */
#ifndef PROBE_STOP_H
#define PROBE_STOP_H

#include "probe/state.h"

/* stop_trace: ends |t| for |reason|, with |data|. Does nothing unless |t| is
 * running. */
void stop_trace(struct core *c, struct trace *t, unsigned reason,
                unsigned data, int64_t now);

/* stop_release: frees |t|, which is done, or did not start. */
void stop_release(struct core *c, struct trace *t);

#endif
