/* SPDX-License-Identifier: MIT
 *
 * sim.h: the transport over a simulated network. A probe becomes the bytes of a
 * packet, goes through the network at once, in thought, and what comes back,
 * bytes too, waits in a parcel until its time. Chance is seeded, and time is
 * what the loop says, so that a run is the same every time.
 *
 * Because each probe is thought through when it is sent, what two probes do to
 * each other (a router's limit) goes by the order of sending.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "net/net.h"
#include "net/sim/topo.h"

enum {
  SIM_CAPS = MTR_CAP_ICMP | MTR_CAP_UDP | MTR_CAP_TCP | MTR_CAP_IPV4 |
             MTR_CAP_IPV6 | MTR_CAP_QUOTE | MTR_CAP_EXT | MTR_CAP_FLOW |
             MTR_CAP_PORTS4 | MTR_CAP_PORTS6 | MTR_CAP_TSTAMP
};

/* sim_open: a transport over |topo|, which is frozen, with chance of |seed|. 0
 * or -ENOMEM. Its user holds |topo| until it is closed. */
int sim_open(struct net **net, struct mtr_sim *topo, uint64_t seed);

/* sim_is: whether |net| is such a transport. */
int sim_is(const struct net *net);

/* sim_truth: what comes back for |p| if nothing gets lost, in |r|: 1, 0 for
 * silence, or a negative errno: it would not be sent. */
int sim_truth(struct net *net, const struct wire_probe *p,
              struct wire_reply *r);

#endif
