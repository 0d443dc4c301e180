/* SPDX-License-Identifier: MIT
 *
 * limit.h: how many answers a router gives: a token bucket.
 */
#ifndef SIM_LIMIT_H
#define SIM_LIMIT_H

#include <stdint.h>

struct limit_bucket {
  double tokens;
  int64_t at;            /* ns; when they were counted; 0: never */
};

/* limit_reached: whether a bucket of |burst| tokens, |rate| of which come each
 * second, is empty at |at|; else takes one. |rate| 0: there is no limit. */
int limit_reached(struct limit_bucket *b, double rate, double burst,
                  int64_t at);

#endif
