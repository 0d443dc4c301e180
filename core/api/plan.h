/* SPDX-License-Identifier: MIT
 *
 * plan.h: prepares the start of a trace: checks its options, also against the
 * transport, and finds its source address and port.
 */
#ifndef API_PLAN_H
#define API_PLAN_H

#include "api/engine.h"

/* plan_trace: checks |t|, fills in what it leaves to the engine, and fills
 * |route| and |payload|. 0, or an error with its reason in m->why. */
int plan_trace(struct mtr *m, struct mtr_trace *t, struct start_route *route,
               struct payload *payload);

/* plan_route: finds the source address of |t|, for |route|, whose source port
 * is that of the probes if |t| has none. 0, or an error: the reason is in
 * m->why. */
int plan_route(struct mtr *m, const struct mtr_trace *t,
               struct start_route *route);

#endif
