/* SPDX-License-Identifier: MIT
 *
 * deliver.h: handles a reply whose probe is known: credits it to the probe,
 * keeps it for the result, makes an event if wanted, and lets the trace be
 * judged.
 */
#ifndef PROBE_DELIVER_H
#define PROBE_DELIVER_H

#include "probe/state.h"
#include "wire/record.h"

/* deliver_reply: handles |r|, which answers |p| of |t| and was matched in
 * |tier| (match.h, with MATCH_WEAK). There must be room for an event. An
 * unreachable may be put in doubt first (doubt.h). */
void deliver_reply(struct core *c, struct trace *t, struct probe *p,
                   const struct wire_reply *r, int tier, int64_t now);

/* deliver_doubted: handles the reply to |p| that was in doubt in the same
 * way. */
void deliver_doubted(struct core *c, struct trace *t, struct probe *p,
                     int64_t now);

/* deliver_soonest: returns the least time between a send and its answer since
 * the last call, ns; 0: no answer has come. */
static inline int64_t deliver_soonest(struct core *c) {
  int64_t soonest = c->soonest;
  c->soonest = 0;
  return soonest;
}

/* deliver_copy: copies the fields of |r| into the event |ev|. */
void deliver_copy(struct mtr_event *ev, const struct wire_reply *r);

#endif
