/* SPDX-License-Identifier: MIT */
#include "loop/clock.h"

#include <errno.h>
#include <time.h>

enum { EPOCH = 1767225600 };           /* unix s; virtual time begins on
                                        * 2026-01-01 */

static int64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int64_t clock_system(void) { return clock_ns(CLOCK_MONOTONIC); }

int64_t clock_now(const struct loop *l) {
  return l->net->virtual || l->net->ops->tick ? l->net->at : clock_system();
}

int64_t clock_span(const struct loop *l, double ms) {
  if (!(ms >= 0 && ms < 1e12)) return -EINVAL;
  int64_t ns = (int64_t)(ms * 1e6);
  if (!ns && ms > 0) ns = 1;
  return ns < INT64_MAX / 2 - clock_now(l) ? ns : -EINVAL;
}

void clock_look(struct epoch *e) {
  int64_t before = clock_system(), real = clock_ns(CLOCK_REALTIME);
  epoch_learn(e, before, real, clock_system());
}

int64_t clock_epoch(void) {
  struct epoch e = {.error = INT64_MAX / 4};
  clock_look(&e);
  return e.offset;
}

int64_t clock_call(struct loop *l) {
  if (l->net->ops->tick) l->net->ops->tick(l->net, NET_CALL);
  return clock_now(l);
}

int64_t clock_recent(struct loop *l) {
  return l->held_since && !l->net->ops->tick ? l->held_since : clock_call(l);
}

double clock_unix(const struct loop *l, int64_t at) {
  int64_t epoch = l->net->ops->tick ? l->net->epoch
                  : l->net->virtual ? EPOCH * 1000000000ll : l->epoch.offset;
  return (double)(epoch + at) / 1e9;
}
