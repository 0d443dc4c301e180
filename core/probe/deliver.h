/* SPDX-License-Identifier: MIT
 *
 * deliver.h: a reply whose probe is known: it is credited to the probe, kept
 * for the result, reported as an event if wanted, and its trace is marked for
 * judging.
 */
#ifndef PROBE_DELIVER_H
#define PROBE_DELIVER_H

#include "probe/state.h"
#include "wire/record.h"

/* deliver_reply: |r|, matched in |tier| (match.h, with MATCH_WEAK), is about |p| of |t|. There
 * must be room for an event. */
void deliver_reply(struct core *c, struct trace *t, struct probe *p,
                   const struct wire_reply *r, int tier, int64_t now);

/* deliver_copy: writes what |r| says into the event |ev|. */
void deliver_copy(struct mtr_event *ev, const struct wire_reply *r);

#endif
