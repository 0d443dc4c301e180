/* SPDX-License-Identifier: MIT */
#include "net/sim/start.h"

#include <errno.h>
#include <stdio.h>

#include "net/sim/sim.h"
#include "net/sim/topo.h"

int sim_start(struct net **net, struct net_opening *o) {
  uint32_t seed = o->config->seed;
  if (!o->sim) {
    snprintf(o->why, o->size, "transport sim needs a network");
    return -EINVAL;
  }
  int err = topo_freeze(o->sim);
  if (err) {
    snprintf(o->why, o->size, "the simulated network is empty");
    return err;
  }
  snprintf(o->why, o->size, "a simulated network was given");
  return sim_open(net, o->sim, seed ? seed : o->sim->seed);
}
