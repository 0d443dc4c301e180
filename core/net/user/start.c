/* SPDX-License-Identifier: MIT */
#include "net/user/start.h"

#include <stdio.h>

#include "net/raw/start.h"
#include "net/user/user.h"

int user_start(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  int err = user_open(net, o->seed, raw_regions(config),
                      (int64_t)(config->late_window * 1e6), o->clock);
  if (err) {
    snprintf(o->why, o->size, "sockets of an ordinary user cannot be opened");
    return err;
  }
  if (o->asked)
    snprintf(o->why, o->size, "asked for");
  else
    snprintf(o->why, o->size, "%s%sso sockets of an ordinary user are used: no "
             "quotes, no constant flows of udp and tcp; with cap_net_raw+ep by "
             "setcap, or Debian's mtr-tiny, there are more", o->lacks,
             o->lacks[0] ? ", " : "");
  raw_add_lack(*net, o);
  return 0;
}
