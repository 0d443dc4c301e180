/* SPDX-License-Identifier: MIT
 *
 * json.h: writes the result of a trace as one line of JSON, from what any
 * caller gets with mtr_describe and mtr_replies. lua/mtr/record/result.lua
 * writes the results of scripts with the same members, order and form of
 * numbers; a spec checks that both write the same bytes.
 */
#ifndef API_JSON_H
#define API_JSON_H

#include "api/payload.h"
#include "api/replies.h"
#include "api/text.h"
#include "mtr.h"

/* json_write: appends the result of the trace |info| with the first |n| events
 * of |r|, as mtr_replies wrote them; |transport| is its name, not escaped.
 * |label|: as in struct mtr_trace; NULL: none. */
void json_write(struct text *t, const char *transport,
                const struct mtr_info *info, const struct payload *label,
                struct replies *r, uint32_t n);

#endif
