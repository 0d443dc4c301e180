/* SPDX-License-Identifier: MIT
 *
 * window.h: limits how many requests one mtr-packet has at once. The limit is
 * what its version takes, and lower for a while after it says that it has run
 * out of room. Each refusal is followed by a pause, so that requests are not
 * repeated in a tight loop. When it refuses several times in a row although
 * nothing is outstanding, its requests fail instead of being tried again.
 */
#ifndef MTRPACKET_WINDOW_H
#define MTRPACKET_WINDOW_H

#include <stdint.h>

enum {
  WINDOW_STREAMS = 900   /* TCP and SCTP: each uses one of 1,024 descriptors */
};

struct window {
  uint32_t most;         /* requests at once that its version takes */
  uint32_t limit;        /* requests at once now; lowered by refusals */
  uint32_t streams;      /* the same for those that use descriptors */
  int64_t resume_at;     /* ns; the end of the pause; 0: no pause */
  int64_t grow_at;       /* ns; when to raise a lowered limit */
  int64_t pause;         /* ns; length of the last pause */
  int refusals;          /* in a row while nothing was outstanding */
};

/* window_init: prepares it for a version that takes |most| requests at once. */
void window_init(struct window *w, uint32_t most);

/* window_room: returns how many more requests may be sent when |out| are
 * outstanding, |streams| of them streams. |stream| 1: counts those for
 * streams. */
uint32_t window_room(const struct window *w, uint32_t out, uint32_t streams,
                     int stream);

/* window_refused: notes that a request was refused for lack of room while
 * |out| others are outstanding, |streams| of them streams. |descriptors| 1: it
 * lacks file descriptors. Returns EAGAIN when the request can be repeated
 * later, ENOBUFS when that is hopeless. */
int window_refused(struct window *w, int descriptors, uint32_t out,
                   uint32_t streams, int64_t now);

/* window_answered: notes that a request was accepted. window_pass: ends a pause
 * and raises lowered limits when |now| has reached their times. */
void window_answered(struct window *w);
void window_pass(struct window *w, int64_t now);

#endif
