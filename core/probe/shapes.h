/* SPDX-License-Identifier: MIT
 *
 * shapes.h: what kept replies have in common. Addresses, times and the IPv4
 * identification differ; all other fields of the replies to a scan take only
 * some thousand values together. Each such shape is kept once and has a number.
 * There are at most 65,535 shapes; after that, replies of new shapes keep the
 * shape in their tail (cells.h).
 */
#ifndef PROBE_SHAPES_H
#define PROBE_SHAPES_H

#include "base/slab.h"

/* The fields of struct mtr_event with the same names, and |changed|. They are
 * compared as bytes. */
struct shape {
  uint16_t flags;        /* MTR_REPLY_* */
  uint16_t flow;
  uint16_t reply_size;
  uint16_t mtu;
  uint16_t quoted_size;
  uint8_t attempt;
  uint8_t family;        /* of the address; 0: not a reply, see cells.h */
  uint8_t protocol;
  uint8_t icmp_type;     /* TCP: tcp_flags */
  uint8_t icmp_code;     /* family 0: errno */
  uint8_t tos;
  uint8_t quoted_ttl;
  uint8_t quoted_tos;
  uint8_t ext_words;
  uint8_t changed;       /* |stop| of the event: MTR_QUOTE_* */
  uint8_t ttl;
  uint8_t reply_ttl;
  uint16_t pad;
};

enum { SHAPES_MAX = 0xffff, SHAPE_NONE = 0xffff, SHAPES_RECENT = 1024 };

struct shapes {
  struct slab list;      /* of struct shape */
  struct slab index;     /* one hash table of numbers */
  uint16_t recent[SHAPES_RECENT];    /* by hash: number found lately, plus 1 */
};

/* shapes_init: begins without shapes. shapes_close: frees everything. */
void shapes_init(struct shapes *s);
void shapes_close(struct shapes *s);

/* shapes_reserve: makes room for |n| more, up to SHAPES_MAX. 0 or -ENOMEM. */
int shapes_reserve(struct shapes *s, uint32_t n);

/* shapes_find: returns the number of |shape|, which is added if it is new;
 * SHAPE_NONE: there is no room. It does not allocate. */
uint32_t shapes_find(struct shapes *s, const struct shape *shape);

/* shapes_at: returns the shape of a number that shapes_find returned. */
static inline const struct shape *shapes_at(const struct shapes *s,
                                            uint32_t number) {
  return slab_at(&s->list, number);
}

#endif
