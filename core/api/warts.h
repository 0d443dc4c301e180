/* SPDX-License-Identifier: MIT
 *
 * warts.h: writes a result as a record of warts, scamper's format.
 */
#ifndef API_WARTS_H
#define API_WARTS_H

#include "api/replies.h"
#include "mtr.h"

/* Numbers in the file of the record; 0: none. */
struct warts_ids {
  uint32_t list, cycle, user;
};

/* warts_write: writes the result of the trace |info| with the first |n| events
 * of |r| into |buf|[|size|]. Returns its length; -EMSGSIZE: there is no room,
 * or it has more than 192 replies. */
int warts_write(const struct mtr_info *info, const struct replies *r,
                uint32_t n, const struct warts_ids *ids, uint8_t *buf,
                uint32_t size);

#endif
