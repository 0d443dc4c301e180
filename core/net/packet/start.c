/* SPDX-License-Identifier: MIT */
#include "net/packet/start.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/host/filter.h"
#include "net/packet/packet.h"
#include "net/packet/ring.h"
#include "net/raw/raw.h"
#include "net/raw/start.h"

static int open_own(int32_t fd[PACKET_FDS], uint32_t mark) {
  int err = raw_sockets(fd, mark);
  fd[PACKET_4] = fd[PACKET_6] = -1;
  if (!err) packet_sockets(fd, mark);
  return err;
}

static void rest(const int32_t fd[PACKET_FDS]) {
  raw_rest(fd);
  for (int i = PACKET_4; i <= PACKET_6; i++)
    if (fd[i] >= 0 && !filter_none(fd[i])) ring_rest(fd[i]);
}

int packet_start(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  int given = raw_given(config), err = 0;
  int32_t fd[PACKET_FDS];
  if (given) rest(memcpy(fd, config->sockets, sizeof fd));
  else err = open_own(fd, config->mark);
  if (!err) {
    err = given ? -EBUSY : -EAFNOSUPPORT;
    if (fd[PACKET_4] >= 0)
      err = packet_open(net, fd, o->seed, raw_regions(config), o->asked,
                        o->clock());
    for (int i = 0; err && !given && i < PACKET_FDS; i++)
      if (fd[i] >= 0) close(fd[i]);
  }
  if (o->asked) {
    if (opening_denied(err)) raw_denied(o, "packet");
    else snprintf(o->why, o->size, err ? "packet sockets cannot be opened; "
                  "choose raw" : "asked for");
  } else if (err == -EBUSY) {
    snprintf(o->lacks, sizeof o->lacks, "no packet sockets left");
  } else if (err) {
    snprintf(o->lacks, sizeof o->lacks, "packet sockets cannot be opened: %s",
             strerrorname_np(-err));
  } else {
    snprintf(o->why, o->size, "packet sockets are permitted and the rate is "
             "high");
  }
  if (!err) raw_add_lack(*net, o);
  return err;
}
