/* SPDX-License-Identifier: MIT
 *
 * replies.h: room for the records of one trace's result: the replies, their
 * extension bytes, and what writing them as JSON needs besides. It is kept from
 * one result to the next and grows with the largest.
 */
#ifndef API_REPLIES_H
#define API_REPLIES_H

#include "api/phrase.h"
#include "mtr.h"

enum { REPLIES_EXT = 255 * 4 /* bytes of extensions of one record */ };

/* The records of a trace, and room for them. All zero at first. */
struct replies {
  struct mtr_event *events;          /* [room], owned like the others */
  uint8_t *ext;          /* what their ext offsets point into */
  uint32_t *next;        /* of each the next of its hop */
  struct phrase *phrases;            /* [PHRASES] */
  uint32_t room;
};

/* replies_reserve: room for |n| records, 1 or more, with as many extension bytes
 * as they can have; what was there is lost. 0, or -ENOMEM with what it had. */
int replies_reserve(struct replies *r, uint32_t n);

/* replies_close: frees what is in |r|. */
void replies_close(struct replies *r);

#endif
