/* SPDX-License-Identifier: MIT
 *
 * A watcher stays registered with the kernel between its events: most callers
 * ask for the next event at once, and then no system call is needed. It is
 * removed when the descriptor is ready but no event was asked for. libuv makes
 * the descriptors non-blocking. When a watch ends, the flag is set back,
 * because other programs may use the same terminal or pipe.
 */
#include "loop/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "loop/poll.h"

struct watcher {
  uv_poll_t poll;
  struct watcher *next;
  uint32_t cookie;
  uint32_t kind;         /* MTR_EV_READABLE or MTR_EV_WRITABLE */
  int fd;
  int flags;             /* of the descriptor, before the watch */
  int asked;             /* 1: the caller waits for an event */
  int ready;
  int running;           /* 1: the kernel watches it */
  int polled;            /* 0: a file, always ready; it has no handle */
};

static void on_ready(uv_poll_t *p, int status, int events) {
  struct watcher *w = p->data;
  (void)status;                        /* read or write will give it */
  (void)events;
  w->ready = 1;
  if (w->asked) return;
  uv_poll_stop(p);
  w->running = 0;
}

static void on_close(uv_handle_t *h) { free(h->data); }

/* Takes |*at| out of its list and frees it. */
static void end(struct watcher **at) {
  struct watcher *w = *at;
  *at = w->next;
  if (!w->polled) {
    free(w);
    return;
  }
  uv_close((uv_handle_t *)&w->poll, on_close);
  if (!(w->flags & O_NONBLOCK)) fcntl(w->fd, F_SETFL, w->flags);
}

static int add(struct loop *l, int fd) {
  struct watcher *w = calloc(1, sizeof *w);
  if (!w) return -ENOMEM;
  w->fd = fd;
  w->flags = fcntl(fd, F_GETFL);
  int err = w->flags < 0 ? -errno : poll_open(&l->uv, &w->poll, fd);
  if (err && err != -EPERM) {          /* EPERM: epoll refuses files */
    free(w);
    return err;
  }
  w->poll.data = w;
  w->polled = !err;
  w->next = l->watchers;
  l->watchers = w;
  return 0;
}

int watch_start(struct loop *l, int fd, uint32_t kind, uint32_t cookie) {
  struct watcher *w = l->watchers;
  while (w && w->fd != fd) w = w->next;
  if (!w) {
    int err = add(l, fd);
    if (err) return err;
    w = l->watchers;
  } else if (w->asked) {
    return -EEXIST;
  }
  int same = w->running && w->kind == kind;
  w->cookie = cookie;
  w->kind = kind;
  w->asked = 1;
  w->ready = !w->polled;
  if (same || !w->polled) return 0;
  int want = kind == MTR_EV_WRITABLE ? UV_WRITABLE : UV_READABLE;
  int err = poll_start(&w->poll, want, on_ready);
  w->running = !err;
  if (err) {
    w->asked = 0;
    return err;
  }
  uv_run(&l->uv, UV_RUN_NOWAIT);       /* registers it with the kernel */
  return 0;
}

int watch_stop(struct loop *l, int fd) {
  struct watcher **at = &l->watchers;
  while (*at && (*at)->fd != fd) at = &(*at)->next;
  if (!*at) return -ENOENT;
  int reported = !(*at)->asked;
  end(at);
  return reported;
}

void watch_report(struct loop *l) {
  struct core *c = &l->core;
  for (struct watcher *w = l->watchers; w && events_room(c); w = w->next) {
    if (!w->asked || !w->ready) continue;
    w->asked = w->ready = 0;
    events_add(&l->core, w->kind)->cookie = w->cookie;
  }
}

int watch_waiting(const struct loop *l) {
  const struct watcher *w = l->watchers;
  while (w && !(w->asked && w->ready)) w = w->next;
  return w != NULL;
}

void watch_end(struct loop *l) {
  while (l->watchers) {
    if (l->net->forked) l->watchers->flags |= O_NONBLOCK;   /* not set back */
    end(&l->watchers);
  }
}
