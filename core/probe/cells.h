/* SPDX-License-Identifier: MIT
 *
 * cells.h: the replies that a trace keeps for its result: 48-byte cells from
 * one slab, chained in order of arrival. A reply takes one cell, and its ICMP
 * extension objects one more for each 44 bytes.
 */
#ifndef PROBE_CELLS_H
#define PROBE_CELLS_H

#include "base/slab.h"
#include "mtr.h"

struct cell {
  uint32_t next;         /* cell after it, SLAB_NONE at the end */
  uint8_t addr[16];
  float rtt;             /* ms */
  float at;              /* ms since the trace began */
  uint16_t flags;        /* MTR_REPLY_* */
  uint16_t flow;
  uint16_t reply_size;
  uint16_t mtu;
  uint16_t quoted_size;
  uint8_t ttl;
  uint8_t attempt;
  uint8_t protocol;
  uint8_t icmp_type;
  uint8_t icmp_code;
  uint8_t reply_ttl;
  uint8_t tcp_flags;
  uint8_t quoted_ttl;
  uint8_t quoted_tos;
  uint8_t ext_words;     /* its extension bytes follow in raw cells */
};

enum { CELL_RAW = 44, CELL_EXT_MAX = 255 * 4 };

struct cell_list {
  uint32_t first, last;  /* SLAB_NONE when empty */
  uint32_t count;        /* cells */
};

/* cells_need: cells that a reply with |ext_words| takes. */
static inline uint32_t cells_need(uint32_t ext_words) {
  return 1 + (ext_words * 4 + CELL_RAW - 1) / CELL_RAW;
}

/* cells_add: keeps the reply of |ev| and its |ext| bytes at the end of |list|.
 * 0, or -ENOMEM when the slab has too few free cells (nothing is kept). */
int cells_add(struct slab *s, struct cell_list *list,
              const struct mtr_event *ev, const uint8_t *ext);

/* cells_next: the reply after |at| (SLAB_NONE: the first of |list|), its place
 * in |*at|; NULL at the end. */
struct cell *cells_next(const struct slab *s, const struct cell_list *list,
                        uint32_t *at);

/* cells_event: writes a kept reply back into |ev| (kind, family, trace, cookie
 * are left alone) and its extension bytes to |ext|, unless that is NULL. */
void cells_event(const struct slab *s, const struct cell *c,
                 struct mtr_event *ev, uint8_t *ext);

/* cells_shift: gives the first reply of |list|, which is not empty, back. */
void cells_shift(struct slab *s, struct cell_list *list);

/* cells_free: gives a whole list back and empties it. */
void cells_free(struct slab *s, struct cell_list *list);

#endif
