/* SPDX-License-Identifier: MIT
 *
 * expire.h: handles timers that are due: probes time out, traces may send again
 * by their pace, timers of users fire.
 */
#ifndef PROBE_EXPIRE_H
#define PROBE_EXPIRE_H

#include "probe/state.h"

/* expire_due: handles what is due at |now|, as long as there is room for
 * events. expire_some: handles up to |most| of it; returns 1 if there may be
 * more. */
void expire_due(struct core *c, int64_t now);
int expire_some(struct core *c, int64_t now, uint32_t most);

#endif
