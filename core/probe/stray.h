/* SPDX-License-Identifier: MIT
 *
 * stray.h: notices floods of errors that belong to no probe. The filter of a
 * transport lets them in, because an engine behind a translator that rewrites
 * quotes needs them. But anybody can send any number of them, and each takes as
 * much time as a reply. If STRAY_MANY come within STRAY_SPAN_MS, the transport
 * may refuse their kind for a while. Errors about our probes never count.
 *
 * Wrong if other programs behind such a translator get that many errors: then
 * our errors with a rewritten port are lost too.
 */
#ifndef PROBE_STRAY_H
#define PROBE_STRAY_H

#include "probe/state.h"
#include "wire/record.h"

enum { STRAY_MANY = 256, STRAY_SPAN_MS = 100 };

/* stray_count: counts |r|, which belongs to no probe, if it quotes no port or
 * identifier of ours; sets c->flooded to |now| if it is one of many. */
void stray_count(struct core *c, const struct wire_reply *r, int64_t now);

#endif
