/* SPDX-License-Identifier: MIT
 *
 * sim.h: the transport over a simulated network. When a probe is sent, it
 * becomes the bytes of a packet, and its whole way through the network is
 * computed at once. The bytes of the answer wait in a parcel until their time
 * of arrival. Random numbers come from a seed and the time from the loop, so
 * that a run is the same every time.
 *
 * Because the whole way of a probe is computed when it is sent, probes affect
 * each other (by a router's rate limit) in the order of sending.
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

/* sim_open: opens a transport over |topo|, which must be frozen, with random
 * numbers from |seed|. 0 or -ENOMEM. It uses |topo| until it is closed. */
int sim_open(struct net **net, struct mtr_sim *topo, uint64_t seed);

/* sim_is: returns whether |net| is a simulated network. */
int sim_is(const struct net *net);

/* sim_truth: writes into |r| what comes back for |p| if nothing gets lost.
 * Returns 1; 0: no answer; a negative errno: |p| would not be sent. */
int sim_truth(struct net *net, const struct wire_probe *p,
              struct wire_reply *r);

#endif
