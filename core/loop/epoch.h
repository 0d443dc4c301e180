/* SPDX-License-Identifier: MIT
 *
 * epoch.h: how far the time of day (CLOCK_REALTIME, in which the kernel stamps
 * what it receives) is ahead of the loop's clock (CLOCK_MONOTONIC). Both run at
 * the same speed, so this changes only when somebody sets the time of day. It
 * is measured by reading both clocks. A quick measurement is an exact one; the
 * most exact one is kept until another contradicts it.
 */
#ifndef LOOP_EPOCH_H
#define LOOP_EPOCH_H

#include <stdint.h>

struct epoch {
  int64_t offset;        /* ns, time of day minus monotonic */
  int64_t error;         /* ns; the most that |offset| can be wrong */
};

/* epoch_learn: takes in a measurement: the time of day was |real| at some time
 * between |before| and |after|, ns. */
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
