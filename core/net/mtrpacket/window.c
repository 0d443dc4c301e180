/* SPDX-License-Identifier: MIT */
#include "net/mtrpacket/window.h"

#include <errno.h>

#define MS 1000000ll

enum {
  PAUSE_MS = 5,          /* after the first refusal; doubles */
  PAUSE_MOST_MS = 500,
  REFUSALS_MOST = 8,
  LEAST = 16,            /* a limit is never lowered below this */
  GROW_MS = 1000
};

void window_init(struct window *w, uint32_t most) {
  *w = (struct window){.most = most, .limit = most, .streams = WINDOW_STREAMS};
}

static uint32_t rest(uint32_t limit, uint32_t used) {
  return limit > used ? limit - used : 0;
}

uint32_t window_room(const struct window *w, uint32_t out, uint32_t streams,
                     int stream) {
  uint32_t n = rest(w->limit, out), more = rest(w->streams, streams);
  if (w->resume_at) return 0;
  return stream && more < n ? more : n;
}

static void lower(uint32_t *limit, uint32_t used) {
  uint32_t less = used - used / 16;
  if (less < LEAST) less = LEAST;
  if (*limit > less) *limit = less;
}

int window_refused(struct window *w, int descriptors, uint32_t out,
                   uint32_t streams, int64_t now) {
  if (descriptors) lower(&w->streams, streams);
  else lower(&w->limit, out);
  w->grow_at = now + GROW_MS * MS;
  if (!w->resume_at) {
    w->pause = w->pause ? 2 * w->pause : PAUSE_MS * MS;
    if (w->pause > PAUSE_MOST_MS * MS) w->pause = PAUSE_MOST_MS * MS;
    w->resume_at = now + w->pause;
  }
  return !out && ++w->refusals > REFUSALS_MOST ? ENOBUFS : EAGAIN;
}

void window_answered(struct window *w) {
  w->refusals = 0;
  w->pause = 0;
}

static uint32_t raise(uint32_t limit, uint32_t most) {
  uint32_t more = limit + limit / 16 + 1;
  return more < most ? more : most;
}

void window_pass(struct window *w, int64_t now) {
  if (w->resume_at && now >= w->resume_at) w->resume_at = 0;
  if (now < w->grow_at) return;
  w->limit = raise(w->limit, w->most);
  w->streams = raise(w->streams, WINDOW_STREAMS);
  w->grow_at = now + GROW_MS * MS;
}
