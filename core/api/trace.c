/* SPDX-License-Identifier: MIT
 *
 * The life of a trace: starting, stopping, releasing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "api/engine.h"
#include "api/names.h"
#include "api/plan.h"

static int start(struct mtr *m, struct mtr_trace *t) {
  struct core *c = &m->loop.core;
  struct start_route route = {.sport = 0};
  struct payload payload = {0};
  int err = plan_trace(m, t, &route, &payload);
  if (err) return err;
  err = start_trace(c, t, &route, payload.bytes, (uint16_t)payload.size,
                    clock_now(&m->loop));
  if (err == -EAGAIN) engine_because(m, err, "max_traces are in flight");
  if (err == -EINVAL) engine_because(m, err, "a lane is not open");
  return err;
}

int mtr_start(struct mtr *m, struct mtr_trace *traces, uint32_t n) {
  uint32_t i = 0;
  int err = 0;
  if (engine_forked(m)) return -ECHILD;
  m->why[0] = 0;
  clock_call(&m->loop);
  for (; i < n; i++)
    if ((err = start(m, &traces[i]))) break;
  loop_arm(&m->loop);
  return i || !err ? (int)i : err;
}

int mtr_source(struct mtr *m, uint32_t family, const uint8_t *addr,
               uint8_t *src) {
  struct start_route route = {.sport = 0};
  struct mtr_trace t;
  if (engine_forked(m)) return -ECHILD;
  if (family != 4 && family != 6) return -EINVAL;
  mtr_trace_defaults(&t);
  t.family = (uint8_t)family;
  memcpy(t.dst, addr, sizeof t.dst);
  m->why[0] = 0;
  clock_call(&m->loop);
  int err = plan_route(m, &t, &route);
  if (!err) memcpy(src, route.src, sizeof route.src);
  return err;
}

int mtr_stop(struct mtr *m, uint32_t handle, uint32_t reason, uint32_t data,
             uint32_t ttl) {
  if (engine_forked(m)) return -ECHILD;
  struct trace *t = engine_running(m, handle);
  if (!t) return -ESTALE;
  if (reason >= names_stops || ttl > UINT8_MAX) return -EINVAL;
  uint8_t most = t->opts->max_ttl;
  if (t->opts->flags & MTR_STRATEGY) t->last = ttl < most ? (uint8_t)ttl : most;
  stop_trace(&m->loop.core, t, reason, data, clock_call(&m->loop));
  loop_arm(&m->loop);
  return 0;
}

int mtr_stop_all(struct mtr *m, uint32_t cookie, uint32_t reason) {
  if (engine_forked(m)) return -ECHILD;
  struct core *c = &m->loop.core;
  int64_t now = clock_now(&m->loop);
  int n = 0;
  if (reason >= names_stops) return -EINVAL;
  for (uint32_t i = 0; i < c->traces.count; i++) {
    struct trace *t = slab_at(&c->traces, i);
    if (t->state != TRACE_RUNNING || t->cookie != cookie) continue;
    stop_trace(c, t, reason, 0, now);
    n++;
  }
  loop_arm(&m->loop);
  return n;
}

uint32_t mtr_underway(struct mtr *m, uint32_t cookie, uint32_t *handles,
                      uint32_t n) {
  const struct core *c = &m->loop.core;
  uint32_t k = 0;
  for (uint32_t i = 0; i < c->traces.count; i++) {
    const struct trace *t = slab_at(&c->traces, i);
    if (t->state == TRACE_FREE || t->cookie != cookie) continue;
    if (k++ < n) handles[k - 1] = t->handle;
  }
  return k;
}

int mtr_target(struct mtr *m, uint32_t handle, char *buf) {
  if (engine_forked(m)) return -ECHILD;
  const struct trace *t = engine_trace(m, handle);
  if (!t) return -ESTALE;
  const struct opts *o = t->opts;
  int n = mtr_address_text(t->dst, o->family, buf);
  int local = o->family == 6 && t->dst[0] == 0xfe && (t->dst[1] & 0xc0) == 0x80;
  if (!local || !o->interface) return n;
  return n + snprintf(buf + n, MTR_TARGET_SIZE - 46, "%%%u", o->interface);
}

int mtr_release(struct mtr *m, uint32_t handle) {
  if (engine_forked(m)) return -ECHILD;
  struct trace *t = engine_trace(m, handle);
  if (!t) return -ESTALE;
  if (t->state != TRACE_DONE) return -EBUSY;
  stop_release(&m->loop.core, t);
  return 0;
}
