/* SPDX-License-Identifier: MIT */
#include "net/sim/limit.h"

int limit_reached(struct limit_bucket *b, double rate, double burst,
                  int64_t at) {
  if (rate <= 0) return 0;
  if (!b->at) b->tokens = burst;
  else if (at > b->at) b->tokens += (double)(at - b->at) / 1e9 * rate;
  if (b->tokens > burst) b->tokens = burst;
  if (at > b->at) b->at = at;
  if (b->tokens < 1) return 1;
  b->tokens--;
  return 0;
}
