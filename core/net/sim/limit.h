/* SPDX-License-Identifier: MIT
 *
 * limit.h: the rate limit of a router's answers: a token bucket.
 */
#ifndef SIM_LIMIT_H
#define SIM_LIMIT_H

#include <stdint.h>

struct limit_bucket {
  double tokens;
  int64_t at;            /* ns; when tokens were last counted; 0: never */
};

/* limit_reached: returns 1 if the bucket is empty at |at|; otherwise takes a
 * token and returns 0. It has at most |burst| tokens and gains |rate| per
 * second. |rate| 0: no limit. */
int limit_reached(struct limit_bucket *b, double rate, double burst,
                  int64_t at);

#endif
