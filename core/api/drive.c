/* SPDX-License-Identifier: MIT
 *
 * Driving an engine: waiting, stepping, reading events. And what makes events
 * besides traces: timers, files, descriptors.
 */
#include <errno.h>
#include <poll.h>

#include "api/engine.h"
#include "loop/channel.h"
#include "loop/save.h"
#include "loop/watch.h"

enum { WAIT_MAX = 64 };

static const double WAIT_MOST = 1e12;   /* ms; more is not a number of seconds
                                          * that the kernel takes */

int mtr_fd(struct mtr *m) {
  return engine_forked(m) ? -ECHILD : loop_fd(&m->loop);
}

double mtr_timeout(struct mtr *m) {
  if (engine_forked(m)) return -1;
  int64_t at = loop_deadline(&m->loop, clock_now(&m->loop)), now = at;
  if (at == INT64_MAX) at = channel_deadline(&m->loop);
  if (at == INT64_MAX) return -1;
  if (at != now || !m->loop.net->virtual) now = clock_system();
  return at <= now ? 0 : (double)(at - now) / 1e6;
}

int mtr_wait(struct mtr **engines, uint32_t n, int wake_fd, double timeout) {
  struct pollfd fd[WAIT_MAX + 1];
  uint32_t k = 0;
  if (n > WAIT_MAX) return -EINVAL;
  for (uint32_t i = 0; i < n; i++)
    if (engine_forked(engines[i])) return -ECHILD;
  /* A single engine sleeps in its loop; its step need not look again then. */
  if (n == 1 && wake_fd >= 0 && timeout < 0) {
    int err = loop_wait(&engines[0]->loop, wake_fd);
    if (err != -EINVAL) return err ? err : 1;
  }
  for (; k < n; k++)
    fd[k] = (struct pollfd){.fd = mtr_fd(engines[k]), .events = POLLIN};
  fd[k++] = (struct pollfd){.fd = wake_fd, .events = POLLIN};
  if (!(timeout < WAIT_MOST)) timeout = WAIT_MOST;
  struct timespec ts = {.tv_sec = (time_t)(timeout / 1e3)};
  ts.tv_nsec = (long)((timeout - (double)ts.tv_sec * 1e3) * 1e6);
  int ready = ppoll(fd, k, timeout < 0 ? NULL : &ts, NULL);
  if (ready < 0) return -errno;
  return fd[n].revents ? -EINTR : ready;
}

int mtr_step(struct mtr *m) {
  if (engine_forked(m)) return -ECHILD;
  m->why[0] = 0;
  int err = loop_step(&m->loop), n = (int)m->loop.core.event_count;
  return n ? n : err;
}

void mtr_hold(struct mtr *m) { m->loop.held_since = clock_now(&m->loop) | 1; }

int mtr_flush(struct mtr *m) {
  if (engine_forked(m)) return -ECHILD;
  loop_flush(&m->loop);
  return 0;
}

void mtr_unread(struct mtr *m, uint32_t n) {
  struct core *c = &m->loop.core;
  c->events_seen = n < c->events_seen ? c->events_seen - n : 0;
  loop_arm(&m->loop);
}

const struct mtr_event *mtr_events(struct mtr *m) {
  return m->loop.core.events;
}

const uint8_t *mtr_ext(struct mtr *m) { return m->loop.core.ext; }

int mtr_timer(struct mtr *m, double ms, uint32_t cookie, uint32_t *timer) {
  if (engine_forked(m)) return -ECHILD;
  int64_t ns = clock_span(&m->loop, ms);
  if (ns < 0)
    return engine_because(m, (int)ns, "so long a wait is not possible");
  *timer = timers_start(&m->loop.core, ns, cookie, clock_call(&m->loop));
  loop_arm(&m->loop);
  return *timer ? 0 : -ENOMEM;
}

int mtr_timer_cancel(struct mtr *m, uint32_t timer) {
  if (engine_forked(m)) return -ECHILD;
  return timers_cancel(&m->loop.core, timer);
}

int mtr_save(struct mtr *m, const char *path, const void *bytes, uint32_t size,
             const int32_t *fds, uint32_t n, uint32_t cookie) {
  if (m && engine_forked(m)) return -ECHILD;
  return save_start(m ? &m->loop : NULL, path, bytes, size, fds, n, cookie);
}

int mtr_watch(struct mtr *m, int fd, uint32_t kind, uint32_t cookie) {
  if (engine_forked(m)) return -ECHILD;
  if (kind != MTR_EV_READABLE && kind != MTR_EV_WRITABLE) return -EINVAL;
  int err = watch_start(&m->loop, fd, kind, cookie);
  loop_arm(&m->loop);
  return err;
}

int mtr_unwatch(struct mtr *m, int fd) {
  return engine_forked(m) ? -ECHILD : watch_stop(&m->loop, fd);
}
