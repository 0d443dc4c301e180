/* SPDX-License-Identifier: MIT
 *
 * json.h: a trace's result as one line of JSON, written from the records that
 * any caller gets (mtr_describe, mtr_replies). Members, their order and the
 * form of numbers are those of lua/mtr/record/result.lua, which writes results
 * that a script holds; one spec holds both to the same bytes.
 */
#ifndef API_JSON_H
#define API_JSON_H

#include "api/replies.h"
#include "api/text.h"
#include "mtr.h"

/* json_write: appends the result of the trace |info| with the first |n| of |r|,
 * as mtr_replies leaves them; |transport| is a word of ours. */
void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, struct replies *r, uint32_t n);

#endif
