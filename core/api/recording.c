/* SPDX-License-Identifier: MIT */
#include "api/recording.h"

#include <errno.h>
#include <stdio.h>

#include "loop/clock.h"
#include "net/tape/record.h"
#include "net/tape/replay.h"

int recording_replay(struct net **net, struct net_opening *o) {
  const struct mtr_config *config = o->config;
  struct tape_head head;
  char more[160];
  int err = replay_open(net, config->recording, &head, more, sizeof more);
  if (!err && head.max_probes != config->max_probes) {
    snprintf(more, sizeof more, "it was made with max_probes %u; give the "
             "same value now", head.max_probes);
    (*net)->ops->close(*net, NULL);
    err = -EINVAL;
  }
  o->seed = head.seed;
  snprintf(o->why, o->size, err ? "cannot replay %s: %s" : "replayed from %s",
           config->recording, more);
  return err;
}

int recording_start(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size) {
  struct tape_head head = {.seed = random, .epoch = clock_epoch(),
                           .max_probes = config->max_probes};
  int err = record_open(net, *net, config->recording, &head, clock_system);
  if (err)
    snprintf(why, size, "cannot record into %s%s", config->recording,
             err == -EBUSY ? ": another engine is using it" : "");
  return err;
}
