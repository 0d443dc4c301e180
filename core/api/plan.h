/* SPDX-License-Identifier: MIT
 *
 * plan.h: what has to be known of a trace before it starts: whether its options
 * make sense and the transport can do them, its source address, its port.
 */
#ifndef API_PLAN_H
#define API_PLAN_H

#include "api/engine.h"

/* plan_trace: checks |t|, fills in what it leaves to the engine, and finds out
 * |route| and |payload|. 0, or an error with its reason in m->why. */
int plan_trace(struct mtr *m, struct mtr_trace *t, struct start_route *route,
               struct payload *payload);

/* plan_route: the source address that |t| sends from, in |route|. 0, or an
 * error with its reason in m->why. */
int plan_route(struct mtr *m, const struct mtr_trace *t,
               struct start_route *route);

#endif
