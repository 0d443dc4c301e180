/* SPDX-License-Identifier: MIT
 *
 * replies.h: memory for the result of one trace: its replies as events, their
 * extension bytes, and what writing them as JSON needs. It is used for one
 * result after the other and grows with the largest.
 */
#ifndef API_REPLIES_H
#define API_REPLIES_H

#include <stddef.h>

#include "api/phrase.h"
#include "mtr.h"

struct labels;

enum { REPLIES_EXT = 255 * 4 /* bytes of extensions of one event */ };

/* The events of a trace. All zero at first. */
struct replies {
  struct mtr_event *events;          /* [room]; owned, like those below */
  uint8_t *ext;          /* what their ext offsets refer to */
  uint32_t *next;        /* for each event, the next one of its hop */
  struct phrase *phrases;            /* [PHRASES] */
  size_t ext_room;       /* bytes */
  uint32_t room;
  const struct labels *labels;       /* NULL: there are none; borrowed */
};

/* replies_reserve_ext: makes room for |n| events and |ext| bytes of extensions.
 * If there was less, the contents are lost, but not the labels. 0; -ENOMEM: |r|
 * is unchanged. */
int replies_reserve_ext(struct replies *r, uint32_t n, size_t ext);

/* replies_reserve: the same, with as many bytes as |n| events can have. */
int replies_reserve(struct replies *r, uint32_t n);

/* replies_ext: returns the extension objects of the event |e| of |r|. */
static inline const uint8_t *replies_ext(const struct replies *r,
                                         const struct mtr_event *e) {
  return r->ext + ((uint32_t)e->ext_high << 16 | e->ext) * 4u;
}

/* replies_close: frees the memory of |r|. */
void replies_close(struct replies *r);

#endif
