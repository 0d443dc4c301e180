/* SPDX-License-Identifier: MIT
 *
 * start.h: opens the transport over a simulated network for an engine.
 */
#ifndef SIM_START_H
#define SIM_START_H

#include "net/opening.h"

/* sim_start: see opening.h. */
int sim_start(struct net **net, struct net_opening *o);

#endif
