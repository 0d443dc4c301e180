/* SPDX-License-Identifier: MIT
 *
 * answer.h: what a reply of mtr-packet means to the engine. It tells who
 * answered and how long that took; which message it was follows from its word
 * and the probe's protocol, or stays unknown.
 */
#ifndef MTRPACKET_ANSWER_H
#define MTRPACKET_ANSWER_H

#include "wire/mtrp.h"

enum {
  ANSWER_EXT = 4 + MTRP_LABELS * 4,    /* bytes of extensions at most */
  ANSWER_NO_CODE = 255                 /* icmp_code: not said */
};

/* What was asked. */
struct answer_request {
  uint32_t token;        /* 0: none */
  uint32_t handle;       /* of the probe; 0: its answer is for nobody */
  int64_t sent;          /* ns */
  int64_t due;           /* ns; mtr-packet must have answered by then */
  uint8_t dst[16];
  uint8_t family, protocol;
  uint16_t sequence;     /* mtr-packet's number of it; 0: none, or unknown */
  uint8_t stream;        /* 1: it costs mtr-packet a descriptor */
  uint8_t pad[3];
};

/* answer_fill: |m|, which came at |now| in answer to |s|, as |r|, its labels as
 * extension objects in |ext|[ANSWER_EXT]. 1, or 0: it says nothing that the
 * engine does not know; -EPROTO: it cannot be an answer to that. */
int answer_fill(const struct answer_request *s, const struct mtrp_reply *m,
                struct wire_reply *r, uint8_t *ext, int64_t now);

/* answer_error: the end of |s| with the errno |error| as |r|. */
void answer_error(const struct answer_request *s, int error,
                  struct wire_reply *r, int64_t now);

#endif
