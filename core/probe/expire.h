/* SPDX-License-Identifier: MIT
 *
 * expire.h: what time brings: probes that time out, traces whose own pace lets
 * them send again, timers of users.
 */
#ifndef PROBE_EXPIRE_H
#define PROBE_EXPIRE_H

#include "probe/state.h"

/* expire_due: handles what is due at |now|, as far as events have room. */
void expire_due(struct core *c, int64_t now);

#endif
