/* SPDX-License-Identifier: MIT
 *
 * shapes.h: what kept replies have in common. But for who answered, from how
 * far and when, the replies to a scan are of a few kinds; each kind is kept
 * once and named by a number. A network that makes ever new ones gets no more
 * than 65,535: a reply of yet another kind then carries it with it (cells.h).
 */
#ifndef PROBE_SHAPES_H
#define PROBE_SHAPES_H

#include "base/slab.h"

/* The fields of struct mtr_event with the same names, but for the last;
 * compared as bytes. */
struct shape {
  uint16_t flags;        /* MTR_REPLY_* */
  uint16_t flow;
  uint16_t reply_size;
  uint16_t mtu;
  uint16_t quoted_size;
  uint8_t attempt;
  uint8_t family;        /* of the address; 0: no reply, a failed send */
  uint8_t protocol;
  uint8_t icmp_type;
  uint8_t icmp_code;     /* family 0: errno */
  uint8_t tcp_flags;
  uint8_t quoted_ttl;
  uint8_t quoted_tos;
  uint8_t ext_words;
  uint8_t changed;       /* stop of the event: MTR_QUOTE_* */
};

enum { SHAPES_MAX = 0xffff, SHAPE_NONE = 0xffff, SHAPES_RECENT = 64 };

struct shapes {
  struct slab list;      /* of struct shape */
  struct slab index;     /* one hash table of numbers */
  uint16_t recent[SHAPES_RECENT];    /* by hash: a number found lately, + 1 */
};

/* shapes_init: none yet. shapes_close: frees all. */
void shapes_init(struct shapes *s);
void shapes_close(struct shapes *s);

/* shapes_reserve: room for |n| more, as far as there may be more. 0 or
 * -ENOMEM. */
int shapes_reserve(struct shapes *s, uint32_t n);

/* shapes_find: the number of |shape|, a new one if it is the first of its kind;
 * SHAPE_NONE when there is no room. Allocates nothing. */
uint32_t shapes_find(struct shapes *s, const struct shape *shape);

/* shapes_at: the shape of a number that shapes_find gave. */
static inline const struct shape *shapes_at(const struct shapes *s,
                                            uint32_t number) {
  return slab_at(&s->list, number);
}

#endif
