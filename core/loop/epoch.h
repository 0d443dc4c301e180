/* SPDX-License-Identifier: MIT
 *
 * epoch.h: how far the time of day (CLOCK_REALTIME, in which the kernel stamps
 * what it receives) is ahead of the loop's clock (CLOCK_MONOTONIC). Both go at
 * one speed, so this changes only when the time of day is set; it is learned
 * from looks at both, each as exact as it was short, and the best one is kept
 * as long as the others do not contradict it.
 */
#ifndef LOOP_EPOCH_H
#define LOOP_EPOCH_H

#include <stdint.h>

struct epoch {
  int64_t offset;        /* ns, time of day minus monotonic */
  int64_t error;         /* ns, at most */
};

/* epoch_learn: the time of day was |real| at some time between |before| and
 * |after|, ns. */
static inline void epoch_learn(struct epoch *e, int64_t before, int64_t real,
                               int64_t after) {
  int64_t error = (after - before + 1) / 2;
  int64_t offset = real - before - error, apart = offset - e->offset;
  if (apart < 0) apart = -apart;
  if (error > e->error && apart <= error + e->error) return;
  e->offset = offset;
  e->error = error;
}

#endif
