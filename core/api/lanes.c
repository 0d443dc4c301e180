/* SPDX-License-Identifier: MIT
 *
 * Lanes: rates that several traces have in common.
 */
#include <errno.h>

#include "api/check.h"
#include "api/engine.h"
#include "probe/lane.h"

int mtr_lane(struct mtr *m, double rate) {
  if (!check_rate(rate) || rate == 0) return -EINVAL;
  uint32_t number = lane_open(&m->loop.core, rate, clock_now(&m->loop));
  return number ? (int)number : -ENOMEM;
}

int mtr_lane_close(struct mtr *m, uint32_t number) {
  return lane_close(&m->loop.core, number);
}
