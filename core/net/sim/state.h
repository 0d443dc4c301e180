/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of a transport over a simulated network.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "base/rand.h"
#include "base/slab.h"
#include "base/wheel.h"
#include "net/net.h"
#include "net/sim/internet.h"
#include "net/sim/limit.h"
#include "net/sim/topo.h"

enum { SIM_START = 1000000000 };       /* ns; when virtual time begins */

enum { SIM_PACKET = 65536 };           /* bytes of a packet at most */

struct sim {
  struct net net;        /* first */
  struct mtr_sim *topo;  /* shared: this transport is one of its users */
  struct rand rand;
  struct wheel wheel;
  struct slab small, large;            /* parcels */
  uint32_t refusals;     /* refused sends in a row that may be tried again */
  int64_t again;         /* ns; when to try again; INT64_MAX: none waits */
  uint32_t given;        /* list of parcels whose replies are in use */
  struct limit_bucket *buckets;        /* by node */
  struct internet internet;
  uint8_t *out, *in;     /* [SIM_PACKET] the probe; its answer */
};

#endif
