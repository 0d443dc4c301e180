/* SPDX-License-Identifier: MIT
 *
 * window.h: how many requests one mtr-packet is given at once: as many as its
 * version takes, fewer for a while once it said that it has run out. A refusal
 * is followed by a pause, so that nothing is asked in a circle; whoever refuses
 * though nothing is outstanding, again and again, is not believed for ever.
 */
#ifndef MTRPACKET_WINDOW_H
#define MTRPACKET_WINDOW_H

#include <stdint.h>

enum {
  WINDOW_STREAMS = 900   /* TCP and SCTP: each costs a descriptor of 1,024 */
};

struct window {
  uint32_t most;         /* of its version */
  uint32_t limit;        /* at once, lowered when it runs out */
  uint32_t streams;      /* of them, those that cost descriptors */
  int64_t resume_at;     /* ns; the end of a pause; 0: there is none */
  int64_t grow_at;       /* ns; when to raise a lowered limit */
  int64_t pause;         /* ns; the last one's length */
  int refusals;          /* pauses in a row though nothing was outstanding */
};

/* window_init: for a version that takes |most| at once. */
void window_init(struct window *w, uint32_t most);

/* window_room: how many more may be sent when |out| are outstanding, |streams|
 * of them streams; |stream|: of these. */
uint32_t window_room(const struct window *w, uint32_t out, uint32_t streams,
                     int stream);

/* window_refused: a request was refused for lack of room, of descriptors if
 * |descriptors|, while |out| and |streams| others are outstanding. EAGAIN: it
 * can be made again later; ENOBUFS: there is no sense in that. */
int window_refused(struct window *w, int descriptors, uint32_t out,
                   uint32_t streams, int64_t now);

/* window_answered: a request was not refused. window_pass: it is |now|. */
void window_answered(struct window *w);
void window_pass(struct window *w, int64_t now);

#endif
