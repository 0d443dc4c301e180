/* SPDX-License-Identifier: MIT
 *
 * doubt.h: an unreachable that answers a probe is in doubt for a while: a
 * firewall may refuse a packet and yet pass it on, and then the target answers
 * too. So it is held for as long again as it took to come. If the target
 * answers meanwhile, that is the answer, and the unreachable stands beside it;
 * otherwise the unreachable is.
 *
 * Few are held at a time. Beyond these, an unreachable is the answer at once.
 */
#ifndef PROBE_DOUBT_H
#define PROBE_DOUBT_H

#include "probe/state.h"

/* doubt_hold: holds a copy of |r|, an unreachable for the outstanding |p| of
 * |t|, and has |p| time out when it was held long enough. Returns 0 if it
 * cannot be held. */
int doubt_hold(struct core *c, const struct trace *t, struct probe *p,
               const struct wire_reply *r, int tier, int64_t now);

/* doubt_end: returns what is held for |p|, with its tier, and lets go of it;
 * NULL: nothing. Borrowed until the next doubt_hold. */
const struct wire_reply *doubt_end(struct core *c, struct probe *p, int *tier);

#endif
