/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/start.h"

#include <stdio.h>
#include <string.h>

#include "net/host/child.h"
#include "net/mtrpacket/mtrpacket.h"

/* Adds to what the next transport of auto says of those before it. */
static void lacks(struct net_opening *o, const char *what) {
  size_t used = strlen(o->lacks);
  snprintf(o->lacks + used, sizeof o->lacks - used, "%s%s", used ? ", " : "",
           what);
}

/* Without its privilege it can do no more than ordinary sockets, which auto
 * takes instead. */
static int decline(struct net **net, struct net_opening *o,
                   const char *path) {
  (*net)->ops->close(*net, NULL);
  snprintf(o->why, o->size, "%s lacks the privilege that it needs", path);
  lacks(o, "mtr-packet lacks its privilege");
  return -EPERM;
}

int mtrpacket_start(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  char path[sizeof config->helper], more[400] = "";
  snprintf(path, sizeof path, "%s", config->helper);
  if (!*path && child_locate("mtr-packet", path, sizeof path)) {
    snprintf(o->why, o->size, "mtr-packet is not installed (Debian: mtr-tiny)");
    lacks(o, "mtr-packet is not installed");
    return -ENOENT;
  }
  int err = mtrpacket_open(net, path, config->workers, config->starter, o->seed,
                           o->clock, more, sizeof more);
  if (!err && !o->asked && !((*net)->caps & MTR_CAP_EXT))
    return decline(net, o, path);
  if (err) lacks(o, opening_denied(err) ? "mtr-packet lacks its privilege"
                                        : "mtr-packet cannot be run");
  if (err) snprintf(o->why, o->size, "%s", more);
  else if (o->asked) snprintf(o->why, o->size, "asked for; %s", more);
  else snprintf(o->why, o->size, "%s%s%s", o->lacks, o->lacks[0] ? ", " : "",
                more);
  return err;
}
