/* SPDX-License-Identifier: MIT
 *
 * answer.h: turns a reply line of mtr-packet into a reply for the engine. The
 * line gives who answered and the round-trip time. The kind of ICMP message
 * follows from the word in the line and the probe's protocol; otherwise it
 * stays unknown.
 */
#ifndef MTRPACKET_ANSWER_H
#define MTRPACKET_ANSWER_H

#include "wire/mtrp.h"

enum {
  ANSWER_EXT = 4 + MTRP_LABELS * 4,    /* bytes of extensions at most */
  ANSWER_NO_CODE = 255                 /* icmp_code: mtr-packet does not say */
};

/* One request to mtr-packet. */
struct answer_request {
  uint32_t token;        /* 0: this slot is free */
  uint32_t handle;       /* of the probe; 0: no probe, the answer is dropped */
  int64_t sent;          /* ns */
  int64_t due;           /* ns; mtr-packet must have answered by then */
  uint8_t dst[16];
  uint8_t family, protocol;
  uint16_t sequence;     /* number that mtr-packet gave it; 0: none, unknown */
  uint8_t stream;        /* 1: it uses a file descriptor of mtr-packet */
  uint8_t pad[3];
};

/* answer_fill: converts |m|, which came at |now| in answer to |s|, into |r|,
 * and its MPLS labels into extension objects in |ext|[ANSWER_EXT]. Returns 1;
 * 0 when the engine needs no reply (the probe timed out); -EPROTO when |m|
 * cannot be an answer to |s|. */
int answer_fill(const struct answer_request *s, const struct mtrp_reply *m,
                struct wire_reply *r, uint8_t *ext, int64_t now);

/* answer_error: fills |r| with the news that |s| ended with errno |error|. */
void answer_error(const struct answer_request *s, int error,
                  struct wire_reply *r, int64_t now);

#endif
