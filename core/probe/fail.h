/* SPDX-License-Identifier: MIT
 *
 * fail.h: handles probes that could not be sent. The trace goes on; the result
 * keeps the error.
 *
 * Wrong if the transport reports that a probe failed although it left: its
 * answer then counts as late.
 */
#ifndef PROBE_FAIL_H
#define PROBE_FAIL_H

#include "probe/state.h"

/* fail_probe: ends probe |handle| with the errno |error|. EAGAIN means that it
 * never left: its trace sends it again, and the attempt does not count. */
void fail_probe(struct core *c, uint32_t handle, unsigned error, int64_t now);

#endif
