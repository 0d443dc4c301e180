/* SPDX-License-Identifier: MIT
 *
 * doubt.h: an unreachable that answers a probe is in doubt for a while: a
 * firewall may refuse a packet and yet pass it on, and then the target answers
 * too. So the unreachable waits as long again as it took to come. If the target
 * answers meanwhile, that is the answer, and the unreachable is a further
 * reply. Otherwise the unreachable is the answer.
 *
 * Only a few can wait at a time. Any other unreachable is the answer at once.
 */
#ifndef PROBE_DOUBT_H
#define PROBE_DOUBT_H

#include "probe/state.h"

/* doubt_begin: keeps a copy of |r|, an unreachable for the outstanding |p| of
 * |t|, and lets |p| time out when the doubt is over. Returns 0 if no more can
 * wait. */
int doubt_begin(struct core *c, const struct trace *t, struct probe *p,
               const struct wire_reply *r, int tier, int64_t now);

/* doubt_end: returns the unreachable in doubt for |p|, with its tier, and ends
 * the doubt; NULL: there is none. Borrowed until the next doubt_begin. */
const struct wire_reply *doubt_end(struct core *c, struct probe *p, int *tier);

#endif
