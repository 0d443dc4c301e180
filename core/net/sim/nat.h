/* SPDX-License-Identifier: MIT
 *
 * nat.h: address translation. On the way out it changes the source address,
 * and the port if the node is set so. In answers, and in what they quote, it
 * puts the old ones back.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "net/sim/topo.h"
#include "net/sim/trip.h"

/* nat_out: translates |trip| as it leaves its node, if that is a translator.
 * nat_in: translates it back as it returns; returns 0 if the translator does
 * not know it. */
void nat_out(const struct mtr_sim *t, struct trip *trip);
int nat_in(const struct mtr_sim *t, struct trip *trip);

#endif
