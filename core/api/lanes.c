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

int mtr_lane_rate(struct mtr *m, uint32_t number, double rate) {
  if (engine_forked(m)) return -ECHILD;
  if (!check_rate(rate) || rate == 0) return -EINVAL;
  int64_t now = clock_call(&m->loop);
  int code = lane_rate(&m->loop.core, number, rate, now);
  loop_arm(&m->loop);
  return code;
}

int mtr_lane_close(struct mtr *m, uint32_t number) {
  return lane_close(&m->loop.core, number);
}
