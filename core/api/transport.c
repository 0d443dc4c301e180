/* SPDX-License-Identifier: MIT */
#include "api/transport.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/recording.h"
#include "loop/clock.h"
#include "net/mtrpacket/mtrpacket.h"
#include "net/packet/packet.h"
#include "net/sim/sim.h"

_Static_assert((int)PACKET_FDS == MTR_SOCKETS, "sockets of the ABI");

int mtr_sockets(int32_t *fd, uint32_t mark, int fast) {
  int err = raw_sockets(fd, mark);
  fd[PACKET_4] = fd[PACKET_6] = -1;
  if (!err && fast) packet_sockets(fd + PACKET_4, mark);
  return err;
}

int transport_given(const struct mtr_config *config) {
  return config->sockets[RAW_SEND4] >= 0 || config->sockets[RAW_SEND6] >= 0;
}

/* Opens packet if |fast|, else raw, over the sockets given or its own. |*odd|:
 * why it is raw all the same; where packet is a must, that is an error. */
static int open_sockets(const struct mtr_config *config, uint64_t random,
                        int fast, struct net **net, int *odd) {
  uint32_t regions = (config->max_probes + TABLE_REGION - 1) / TABLE_REGION;
  int32_t fd[MTR_SOCKETS];
  int asked = config->transport == MTR_PACKET;
  int err = 0, given = transport_given(config), raw = !fast;
  if (given) memcpy(fd, config->sockets, sizeof fd);
  else err = mtr_sockets(fd, config->mark, fast);
  if (err) return err;
  if (fast) {
    *odd = given ? -EBUSY : -EAFNOSUPPORT;
    if (fd[PACKET_4] >= 0)
      *odd = packet_open(net, fd, random, regions, asked, clock_system());
    raw = *odd && !asked;
    err = raw ? 0 : *odd;
  }
  if (raw) err = raw_open(net, fd, random, regions);
  for (int i = 0; !given && i < MTR_SOCKETS; i++)
    if (fd[i] >= 0 && (err || (raw && i >= RAW_FDS))) close(fd[i]);
  return err;
}

/* raw; or packet, if that is asked for, or for "auto" when the rate is high. */
static int open_raw(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size) {
  int asked = config->transport == MTR_PACKET, odd = 0;
  int fast = asked || (config->transport == MTR_AUTO &&
                       (config->rate <= 0 ||
                        config->rate > (double)MTR_FAST_RATE));
  int err = open_sockets(config, random, fast, net, &odd);
  if (err == -EPERM || err == -EACCES)
    snprintf(why, size, "%s sockets need CAP_NET_RAW: run as root, give the "
             "program cap_net_raw+ep with setcap, or take a namespace of your "
             "own (unshare -rn)", asked ? "packet" : "raw");
  else if (err && asked)
    snprintf(why, size, "packet sockets cannot be had here; choose raw");
  if (err) return err;
  if (config->transport != MTR_AUTO) snprintf(why, size, "asked for");
  else if (odd == -EBUSY)
    snprintf(why, size, "raw sockets are permitted, no packet sockets left");
  else if (odd) snprintf(why, size, "raw sockets are permitted, packet sockets "
                         "cannot be had: %s", mtr_errname(odd));
  else snprintf(why, size, "%s sockets are permitted%s", fast ? "packet" :
                "raw", fast ? " and the rate is high" : "");
  return 0;
}

static int open_helper(const struct mtr_config *config, uint64_t random,
                       struct net **net, char *why, uint32_t size) {
  char path[sizeof config->helper];
  snprintf(path, sizeof path, "%s", config->helper);
  if (!*path && mtr_find("mtr-packet", path, sizeof path)) {
    snprintf(why, size, "mtr-packet is not installed (Debian: mtr-tiny)");
    return -ENOENT;
  }
  return mtrpacket_open(net, path, config->workers, random, clock_system, why,
                        size);
}

int transport_sim(struct mtr_sim *sim, uint32_t seed, struct net **net,
                  char *why, uint32_t size) {
  int err = topo_freeze(sim);
  if (err) {
    snprintf(why, size, "the simulated network is empty");
    return err;
  }
  snprintf(why, size, "a simulated network was given");
  return sim_open(net, sim, seed ? seed : sim->seed);
}

/* auto: packet or raw if that is permitted, else mtr-packet if it is there and
 * can be run. */
static int choose(const struct mtr_config *config, uint64_t random,
                  struct net **net, char *why, uint32_t size) {
  char other[400] = "";
  if (config->transport == MTR_MTR_PACKET) {
    int err = open_helper(config, random, net, other, sizeof other);
    snprintf(why, size, "%s%s", err ? "" : "asked for; ", other);
    return err;
  }
  int err = open_raw(config, random, net, why, size);
  if (config->transport != MTR_AUTO || (err != -EPERM && err != -EACCES))
    return err;
  int helped = open_helper(config, random, net, other, sizeof other);
  if (!helped) {
    snprintf(why, size, "raw sockets are not permitted, %s", other);
    return 0;
  }
  size_t used = strlen(why);
  snprintf(why + used, size - used, "; and %s (%s)", other,
           mtr_errname(helped));
  return err;
}

int transport_open(const struct mtr_config *config, uint64_t *random,
                   struct net **net, char *why, uint32_t size) {
  int32_t keep[MTR_SOCKETS];
  if (config->transport == MTR_REPLAY)
    return recording_replay(config, random, net, why, size);
  int err = choose(config, *random, net, why, size);
  if (err || !config->recording[0]) return err;
  if ((err = recording_start(config, *random, net, why, size)))
    (*net)->ops->close(*net, transport_given(config) ? keep : NULL);
  return err;
}
