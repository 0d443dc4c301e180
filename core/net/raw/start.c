/* SPDX-License-Identifier: MIT */
#include "net/raw/start.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/raw/helped.h"
#include "net/raw/raw.h"
#include "probe/table.h"

int raw_given(const struct mtr_config *config) {
  return config->sockets[RAW_SEND4] >= 0 || config->sockets[RAW_SEND6] >= 0;
}

uint32_t raw_regions(const struct mtr_config *config) {
  return (config->max_probes + TABLE_REGION - 1) / TABLE_REGION;
}

void raw_denied(struct net_opening *o, const char *sockets) {
  int raw = !strcmp(sockets, "raw");   /* mtr-sockets has no others */
  snprintf(o->why, o->size, "%s sockets need CAP_NET_RAW: run as root, %sor "
           "take a namespace of your own (unshare -rn)", sockets,
           raw ? "install mtr-sockets for your group (README), " : "");
}

void raw_add_lack(const struct net *net, struct net_opening *o) {
  size_t used = strlen(o->why);
  if (net->lack && used < o->size)
    snprintf(o->why + used, o->size - used, "; %s", net->lack);
}

/* Opens |*net| over the sockets of mtr-sockets. Returns 0 or a negative errno;
 * -ENOENT: it is not there for us. */
static int start_helped(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  struct helped *helped;
  int32_t none[RAW_SOCKETS];
  memset(none, -1, sizeof none);
  if (config->mark) return -ENOENT;   /* firewalls may trust marks */
  int err = helped_start(&helped, config->starter);
  if (err) return err;
  err = raw_open(net, none, helped, o->seed, raw_regions(config));
  if (err) helped_end(helped);
  return err;
}

int raw_start(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  int given = raw_given(config), err = 0, helped = 0;
  int32_t fd[RAW_SOCKETS];
  if (given) raw_rest(memcpy(fd, config->sockets, sizeof fd));
  else err = raw_sockets(fd, config->mark);
  if (!err) {
    err = raw_open(net, fd, NULL, o->seed, raw_regions(config));
    for (int i = 0; err && !given && i < RAW_SOCKETS; i++)
      if (fd[i] >= 0) close(fd[i]);
  }
  if (!given && opening_denied(err)) {
    int second = start_helped(net, o);
    helped = !second;
    if (helped) err = 0;
    else if (second != -ENOENT && !opening_denied(second)) err = second;
  }
  if (opening_denied(err)) {
    raw_denied(o, "raw");
    snprintf(o->lacks, sizeof o->lacks, "raw sockets are not permitted");
  }
  if (err) return err;
  if (helped)
    snprintf(o->why, o->size, "%smtr-sockets sends and receives",
             o->asked ? "asked for; " : "");
  else if (o->asked) snprintf(o->why, o->size, "asked for");
  else snprintf(o->why, o->size, "raw sockets are permitted%s%s",
                o->lacks[0] ? ", " : "", o->lacks);
  raw_add_lack(*net, o);
  return 0;
}
