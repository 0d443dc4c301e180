/* SPDX-License-Identifier: MIT */
#include "probe/pace.h"

static const double PACE_SLACK_NS = 2e6;  /* how late a wake-up may be */
static const double PACE_BURST_NS = 1e5;  /* time whose packets go at once */

void pace_init(struct pace *p, double rate, int64_t now) {
  p->gap_ns = rate > 0 ? 1e9 / rate : 0;
  p->next_ns = 0;
  p->zero = now;
}

void pace_change(struct pace *p, double rate) {
  p->next_ns -= p->gap_ns;
  p->gap_ns = 1e9 / rate;
  p->next_ns += p->gap_ns;
}

uint32_t pace_allow(const struct pace *p, uint32_t want, int64_t now) {
  if (p->gap_ns <= 0) return want;
  double lag = (double)(now - p->zero) - p->next_ns;
  if (lag < 0) return 0;
  if (lag > PACE_SLACK_NS) lag = PACE_SLACK_NS;
  double n = lag / p->gap_ns + 1;
  return n < want ? (uint32_t)n : want;
}

void pace_take(struct pace *p, uint32_t n, int64_t now) {
  double least = (double)(now - p->zero) - PACE_SLACK_NS;
  if (p->next_ns < least) p->next_ns = least;
  p->next_ns += n * p->gap_ns;
}

int64_t pace_next(const struct pace *p) {
  if (p->gap_ns <= 0) return INT64_MIN;
  int64_t whole = (int64_t)p->next_ns;
  if ((double)whole < p->next_ns) whole++;   /* round up */
  return p->zero + whole;
}

int64_t pace_wake(const struct pace *p) {
  double nap = PACE_BURST_NS - p->gap_ns;
  return pace_next(p) + (nap > 0 && p->gap_ns > 0 ? (int64_t)nap : 0);
}
