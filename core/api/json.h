/* SPDX-License-Identifier: MIT
 *
 * json.h: a trace's result as one line of JSON, written from the records that
 * any caller gets (mtr_describe, mtr_replies). Members, their order and the
 * form of numbers are those of lua/mtr/record/result.lua, which writes results
 * that a script holds; one spec holds both to the same bytes.
 */
#ifndef API_JSON_H
#define API_JSON_H

#include "api/phrase.h"
#include "mtr.h"

/* The records of a trace, and room for them. All zero at first. */
struct replies {
  struct mtr_event *events;          /* [room], owned like the others */
  uint8_t *ext;          /* what their ext offsets point into */
  uint16_t *next;        /* of each the next of its hop */
  struct phrase *phrases;            /* [PHRASES] */
  uint32_t room;
};

/* replies_reserve: room for |n| records, 1..65534, with as many extension bytes
 * as they can have; what was there is lost. 0, or -ENOMEM with what it had. */
int replies_reserve(struct replies *r, uint32_t n);

/* replies_close: frees what is in |r|. */
void replies_close(struct replies *r);

/* json_write: appends the result of the trace |info| with the first |n| of |r|,
 * as mtr_replies leaves them; |transport| is a word of ours. */
void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, struct replies *r, uint32_t n);

#endif
