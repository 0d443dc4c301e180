/* SPDX-License-Identifier: MIT
 *
 * cells.h: the replies that a trace keeps for its result: 20-byte cells from
 * one slab, chained in order of arrival. What a reply has in common with others
 * is a shape; what does not fit into a cell is the reply's tail and takes one
 * more cell for each 16 bytes: a shape that has no number, the last 12 bytes of
 * an IPv6 address, ICMP extension objects.
 *
 * A hop's failed send is kept in the same list: family 0, the errno in
 * icmp_code; and so is how many of its probes were not answered: family 0,
 * icmp_code 0, the number in rtt.
 */
#ifndef PROBE_CELLS_H
#define PROBE_CELLS_H

#include "mtr.h"
#include "probe/shapes.h"

struct cell {
  uint32_t next;         /* cell after it, SLAB_NONE at the end */
  uint8_t addr[4];       /* its first bytes */
  float rtt;             /* ms */
  float at;              /* ms since the trace began */
  uint16_t shape;        /* SHAPE_NONE: in the tail */
  uint8_t ttl;
  uint8_t reply_ttl;
};

enum { CELL_RAW = 16, CELL_EXT_MAX = 255 * 4 };

struct cells {
  struct slab slab;
  struct shapes shapes;
};

struct cell_list {
  uint32_t first, last;  /* SLAB_NONE when empty */
  uint32_t cells;        /* those of tails included */
};

/* cells_empty: a list without a reply. */
static inline struct cell_list cells_empty(void) {
  return (struct cell_list){.first = SLAB_NONE, .last = SLAB_NONE};
}

/* cells_init: none yet. cells_close: frees all. */
void cells_init(struct cells *s);
void cells_close(struct cells *s);

/* cells_reserve: |n| free cells and room for as many new shapes as one batch
 * may bring. 0 or -ENOMEM. */
int cells_reserve(struct cells *s, uint32_t n);

/* cells_add: keeps the reply of |ev| and its |ext| bytes at the end of |list|.
 * Its place, or SLAB_NONE when there are too few free cells (nothing is
 * kept). */
uint32_t cells_add(struct cells *s, struct cell_list *list,
                   const struct mtr_event *ev, const uint8_t *ext);

/* cells_next: the reply after |at| (SLAB_NONE: the first of |list|), its place
 * in |*at|; NULL at the end. */
const struct cell *cells_next(const struct cells *s,
                              const struct cell_list *list, uint32_t *at);

/* cells_at: the reply at a place that cells_add gave. */
static inline const struct cell *cells_at(const struct cells *s, uint32_t at) {
  return slab_at(&s->slab, at);
}

/* cells_shape: what kind of reply it is. */
struct shape cells_shape(const struct cells *s, const struct cell *c);

/* cells_addr: who answered, in 16 bytes. */
void cells_addr(const struct cells *s, const struct cell *c, uint8_t addr[16]);

/* cells_event: writes a kept reply back into |ev| (kind, trace, cookie are left
 * alone) and its extension bytes to |ext|, unless that is NULL. */
void cells_event(const struct cells *s, const struct cell *c,
                 struct mtr_event *ev, uint8_t *ext);

/* What is kept of a hop's probes without a reply. Counts end at 255. */
struct missed {
  uint8_t silent;        /* not answered */
  uint8_t failed;        /* not sent */
  uint8_t error;         /* errno of the last of these */
};

/* cells_missed: adds to |m| what |c| says, which is no reply (family 0) and has
 * the icmp_code |error|. */
static inline void cells_missed(const struct cell *c, unsigned error,
                                struct missed *m) {
  if (!error) {
    m->silent = (uint8_t)c->rtt;
    return;
  }
  m->error = (uint8_t)error;
  if (m->failed < UINT8_MAX) m->failed++;
}

/* cells_shift: gives the first reply of |list|, which is not empty, back. */
void cells_shift(struct cells *s, struct cell_list *list);

/* cells_free: gives a whole list back and empties it. */
void cells_free(struct cells *s, struct cell_list *list);

#endif
