/* SPDX-License-Identifier: MIT
 *
 * cells.h: the replies that a trace keeps for its result: 20-byte cells of one
 * slab, chained in order of arrival. What a reply has in common with others is
 * a shape. What does not fit into the cell is the tail of the reply, with one
 * more cell for each 16 bytes: a shape without a number, the last 12 bytes of
 * an IPv6 address, ICMP extension objects.
 *
 * Two more things of a hop are kept in the same list, with family 0: a failed
 * send, with the errno in icmp_code, and the number of probes that were not
 * answered, in rtt, with icmp_code 0.
 */
#ifndef PROBE_CELLS_H
#define PROBE_CELLS_H

#include "mtr.h"
#include "probe/shapes.h"

struct cell {
  uint32_t next;         /* the cell after it; SLAB_NONE: the end */
  uint8_t addr[4];       /* first bytes of the address */
  float rtt;             /* ms */
  float at;              /* ms since the trace began */
  uint16_t shape;        /* SHAPE_NONE: in the tail */
  uint16_t ip_id;        /* IPv4 identification of the reply */
};

enum { CELL_RAW = 16, CELL_EXT_MAX = 255 * 4 };

struct cells {
  struct slab slab;
  struct shapes shapes;
};

struct cell_list {
  uint32_t first, last;  /* SLAB_NONE when empty */
  uint32_t cells;        /* how many, with those of tails */
};

/* cells_empty: returns an empty list. */
static inline struct cell_list cells_empty(void) {
  return (struct cell_list){.first = SLAB_NONE, .last = SLAB_NONE};
}

/* cells_init: begins without cells. cells_close: frees everything. */
void cells_init(struct cells *s);
void cells_close(struct cells *s);

/* cells_reserve: makes sure that |n| cells are free, and as many shapes as one
 * batch may bring. 0 or -ENOMEM. */
int cells_reserve(struct cells *s, uint32_t n);

/* cells_add: keeps the reply of |ev| and its |ext| bytes at the end of |list|.
 * Returns its index, or SLAB_NONE if too few cells are free; then nothing is
 * kept. */
uint32_t cells_add(struct cells *s, struct cell_list *list,
                   const struct mtr_event *ev, const uint8_t *ext);

/* cells_next: returns the reply after |*at| (SLAB_NONE: the first of |list|)
 * and sets |*at| to its index; NULL at the end. */
const struct cell *cells_next(const struct cells *s,
                              const struct cell_list *list, uint32_t *at);

/* cells_at: returns the reply at an index that cells_add returned. */
static inline const struct cell *cells_at(const struct cells *s, uint32_t at) {
  return slab_at(&s->slab, at);
}

/* cells_shape: returns the shape of the reply. */
struct shape cells_shape(const struct cells *s, const struct cell *c);

/* cells_addr: writes the address of who answered. */
void cells_addr(const struct cells *s, const struct cell *c, uint8_t addr[16]);

/* cells_event: writes a kept reply into |ev|, all but kind, trace and cookie,
 * and its extension bytes to |ext|, unless that is NULL. */
void cells_event(const struct cells *s, const struct cell *c,
                 struct mtr_event *ev, uint8_t *ext);

/* What is kept about probes of a hop without a reply. Counts stop at 255. */
struct missed {
  uint8_t silent;        /* not answered */
  uint8_t failed;        /* not sent */
  uint8_t error;         /* errno of the last one not sent */
};

/* cells_missed: adds |c|, which is not a reply (family 0) and has the icmp_code
 * |error|, to |m|. */
static inline void cells_missed(const struct cell *c, unsigned error,
                                struct missed *m) {
  if (!error) {
    m->silent = (uint8_t)c->rtt;
    return;
  }
  m->error = (uint8_t)error;
  if (m->failed < UINT8_MAX) m->failed++;
}

/* cells_shift: frees the first reply of |list|, which is not empty. */
void cells_shift(struct cells *s, struct cell_list *list);

/* cells_free: frees all replies of a list and empties it. */
void cells_free(struct cells *s, struct cell_list *list);

#endif
