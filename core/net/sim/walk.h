/* SPDX-License-Identifier: MIT
 *
 * walk.h: takes a packet from node to node.
 */
#ifndef SIM_WALK_H
#define SIM_WALK_H

#include "net/sim/state.h"
#include "net/sim/trip.h"

/* sim_walk: takes |trip| to its end, and returns how it ended. */
struct trip_result sim_walk(struct sim *s, struct trip *trip);

#endif
