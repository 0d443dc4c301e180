/* SPDX-License-Identifier: MIT
 *
 * nat.h: address translation: source addresses, and ports if asked, on the way
 * out; back again in what returns, and in what that quotes.
 */
#ifndef SIM_NAT_H
#define SIM_NAT_H

#include "net/sim/topo.h"
#include "net/sim/trip.h"

/* nat_out: |trip| leaves the translator |node|. nat_in: it comes back to it; 0
 * if it is not known there. */
void nat_out(const struct mtr_sim *t, struct trip *trip);
int nat_in(const struct mtr_sim *t, struct trip *trip);

#endif
