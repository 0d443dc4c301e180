/* SPDX-License-Identifier: MIT
 *
 * fail.h: probes that could not be sent. The trace goes on; the result keeps
 * the error.
 *
 * Wrong if the transport reports a probe as failed that was sent after all: its
 * answer then counts as late.
 */
#ifndef PROBE_FAIL_H
#define PROBE_FAIL_H

#include "probe/state.h"

/* fail_probe: probe |handle|, sent or not, ended with the errno |error|. EAGAIN
 * means that it never left: its trace sends it again and no attempt counts. */
void fail_probe(struct core *c, uint32_t handle, unsigned error, int64_t now);

#endif
