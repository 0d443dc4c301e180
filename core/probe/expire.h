/* SPDX-License-Identifier: MIT
 *
 * expire.h: handles timers that are due: probes time out, traces may send again
 * by their pace, timers of users fire.
 */
#ifndef PROBE_EXPIRE_H
#define PROBE_EXPIRE_H

#include "probe/state.h"

/* expire_due: handles what is due at |now|, as long as there is room for
 * events. */
void expire_due(struct core *c, int64_t now);

#endif
