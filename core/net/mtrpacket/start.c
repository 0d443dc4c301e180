/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/start.h"

#include <stdio.h>

#include "net/host/child.h"
#include "net/mtrpacket/mtrpacket.h"

int mtrpacket_start(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  char path[sizeof config->helper], more[400] = "";
  snprintf(path, sizeof path, "%s", config->helper);
  if (!*path && child_locate("mtr-packet", path, sizeof path)) {
    snprintf(o->why, o->size, "mtr-packet is not installed (Debian: mtr-tiny)");
    return -ENOENT;
  }
  int err = mtrpacket_open(net, path, config->workers, config->starter, o->seed,
                           o->clock, more, sizeof more);
  if (err) snprintf(o->why, o->size, "%s", more);
  else if (o->asked) snprintf(o->why, o->size, "asked for; %s", more);
  else snprintf(o->why, o->size, "%s%s%s", o->lacks, o->lacks[0] ? ", " : "",
                more);
  return err;
}
