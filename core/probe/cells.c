/* SPDX-License-Identifier: MIT
 *
 * The tail of a reply is one string of bytes (its shape, the rest of its
 * address, its extensions), cut into the cells behind it.
 */
#include "probe/cells.h"

#include <errno.h>
#include <string.h>

enum { HEAD_ADDR = 4, REST_ADDR = 12, NEW_SHAPES = 256, TAIL_PARTS = 3 };

void cells_init(struct cells *s) {
  slab_init(&s->slab, sizeof(struct cell), UINT32_MAX - 1, 11);
  shapes_init(&s->shapes);
}

void cells_close(struct cells *s) {
  slab_close(&s->slab);
  shapes_close(&s->shapes);
}

int cells_reserve(struct cells *s, uint32_t n) {
  if (shapes_reserve(&s->shapes, NEW_SHAPES)) return -ENOMEM;
  return slab_reserve(&s->slab, n);
}

static uint32_t tail_size(uint32_t number, const struct shape *shape) {
  return (number == SHAPE_NONE ? (uint32_t)sizeof *shape : 0u) +
         (shape->family == 6 ? REST_ADDR : 0u) + shape->ext_words * 4u;
}

static uint32_t cells_of(uint32_t tail) {
  return 1 + (tail + CELL_RAW - 1) / CELL_RAW;
}

/* Reads |n| bytes of the tail of |c|, from offset |from|. */
static void tail_read(const struct slab *s, const struct cell *c, uint32_t from,
                      uint8_t *out, uint32_t n) {
  uint32_t i = c->next, skip = from;
  for (; n && skip >= CELL_RAW; skip -= CELL_RAW)
    memcpy(&i, slab_at(s, i), sizeof i);
  while (n) {
    const uint8_t *raw = slab_at(s, i);
    uint32_t part = CELL_RAW - skip < n ? CELL_RAW - skip : n;
    memcpy(out, raw + sizeof i + skip, part);
    memcpy(&i, raw, sizeof i);
    out += part;
    n -= part;
    skip = 0;
  }
}

struct shape cells_shape(const struct cells *s, const struct cell *c) {
  struct shape shape;
  if (c->shape != SHAPE_NONE) return *shapes_at(&s->shapes, c->shape);
  tail_read(&s->slab, c, 0, (uint8_t *)&shape, sizeof shape);
  return shape;
}

static void append(struct slab *s, struct cell_list *list, uint32_t i) {
  uint32_t none = SLAB_NONE;
  memcpy(slab_at(s, i), &none, sizeof none);
  if (list->last == SLAB_NONE)
    list->first = i;
  else
    memcpy(slab_at(s, list->last), &i, sizeof i);
  list->last = i;
  list->cells++;
}

struct part {
  const void *bytes;
  uint32_t size;
};

/* Writes the parts one after the other into cells at the end of |list|. */
static void tail_write(struct slab *s, struct cell_list *list,
                       const struct part *part) {
  uint8_t *raw = NULL;
  uint32_t used = CELL_RAW;
  for (int k = 0; k < TAIL_PARTS; k++) {
    const uint8_t *from = part[k].bytes;
    for (uint32_t left = part[k].size; left;) {
      if (used == CELL_RAW) {
        uint32_t i = slab_take(s);
        append(s, list, i);
        raw = (uint8_t *)slab_at(s, i) + sizeof i;
        used = 0;
      }
      uint32_t n = CELL_RAW - used < left ? CELL_RAW - used : left;
      memcpy(raw + used, from, n);
      used += n;
      from += n;
      left -= n;
    }
  }
}

uint32_t cells_add(struct cells *s, struct cell_list *list,
                   const struct mtr_event *ev, const uint8_t *ext) {
  struct shape shape = {
      .flags = ev->flags, .flow = ev->flow, .reply_size = ev->reply_size,
      .mtu = ev->mtu, .quoted_size = ev->quoted_size, .attempt = ev->attempt,
      .family = ev->family, .protocol = ev->protocol,
      .icmp_type = ev->icmp_type, .icmp_code = ev->icmp_code,
      .tos = ev->tos, .quoted_ttl = ev->quoted_ttl,
      .quoted_tos = ev->quoted_tos, .ext_words = ev->ext_words,
      .changed = ev->stop, .ttl = ev->ttl, .reply_ttl = ev->reply_ttl};
  uint32_t number = shapes_find(&s->shapes, &shape);
  uint32_t tail = tail_size(number, &shape);
  if (s->slab.count - s->slab.used < cells_of(tail)) return SLAB_NONE;
  uint32_t i = slab_take(&s->slab);
  struct cell *c = slab_at(&s->slab, i);
  *c = (struct cell){.rtt = ev->rtt, .at = ev->at, .shape = (uint16_t)number,
                     .ip_id = ev->ip_id};
  memcpy(c->addr, ev->addr, HEAD_ADDR);
  append(&s->slab, list, i);
  struct part parts[TAIL_PARTS] = {
      {&shape, number == SHAPE_NONE ? (uint32_t)sizeof shape : 0u},
      {ev->addr + HEAD_ADDR, shape.family == 6 ? REST_ADDR : 0u},
      {ext, shape.ext_words * 4u}};
  if (tail) tail_write(&s->slab, list, parts);
  return i;
}

/* Returns how many cells the reply |c| takes. */
static uint32_t extent(const struct cells *s, const struct cell *c) {
  struct shape single;
  const struct shape *shape = &single;
  if (c->shape == SHAPE_NONE) single = cells_shape(s, c);
  else shape = shapes_at(&s->shapes, c->shape);
  return cells_of(tail_size(c->shape, shape));
}

const struct cell *cells_next(const struct cells *s,
                              const struct cell_list *list, uint32_t *at) {
  if (*at == SLAB_NONE) {
    *at = list->first;
  } else {
    for (uint32_t skip = extent(s, slab_at(&s->slab, *at)); skip; skip--)
      memcpy(at, slab_at(&s->slab, *at), sizeof *at);
  }
  return *at == SLAB_NONE ? NULL : slab_at(&s->slab, *at);
}

/* Returns where the rest of an IPv6 address begins in the tail. */
static uint32_t behind_shape(const struct cell *c) {
  return c->shape == SHAPE_NONE ? (uint32_t)sizeof(struct shape) : 0u;
}

static void read_addr(const struct cells *s, const struct cell *c, int family,
                      uint8_t addr[16]) {
  memcpy(addr, c->addr, HEAD_ADDR);
  if (family == 6)
    tail_read(&s->slab, c, behind_shape(c), addr + HEAD_ADDR, REST_ADDR);
  else
    memset(addr + HEAD_ADDR, 0, REST_ADDR);
}

void cells_addr(const struct cells *s, const struct cell *c, uint8_t addr[16]) {
  read_addr(s, c, cells_shape(s, c).family, addr);
}

void cells_event(const struct cells *s, const struct cell *c,
                 struct mtr_event *ev, uint8_t *ext) {
  struct shape shape = cells_shape(s, c);
  read_addr(s, c, shape.family, ev->addr);
  ev->family = shape.family;
  ev->ttl = shape.ttl;
  ev->attempt = shape.attempt;
  ev->rtt = c->rtt;
  ev->at = c->at;
  ev->flags = shape.flags;
  ev->flow = shape.flow;
  ev->protocol = shape.protocol;
  ev->icmp_type = shape.icmp_type;
  ev->icmp_code = shape.icmp_code;
  ev->reply_ttl = shape.reply_ttl;
  ev->tos = shape.tos;
  ev->ip_id = c->ip_id;
  ev->quoted_ttl = shape.quoted_ttl;
  ev->quoted_tos = shape.quoted_tos;
  ev->quoted_size = shape.quoted_size;
  ev->reply_size = shape.reply_size;
  ev->mtu = shape.mtu;
  ev->ext_words = shape.ext_words;
  ev->stop = shape.changed;
  uint32_t from = behind_shape(c) + (shape.family == 6 ? REST_ADDR : 0u);
  if (ext) tail_read(&s->slab, c, from, ext, shape.ext_words * 4u);
}

void cells_shift(struct cells *s, struct cell_list *list) {
  for (uint32_t n = extent(s, cells_at(s, list->first)); n; n--) {
    uint32_t i = list->first;
    memcpy(&list->first, slab_at(&s->slab, i), sizeof i);
    slab_give(&s->slab, i);
    list->cells--;
  }
  if (list->first == SLAB_NONE) list->last = SLAB_NONE;
}

void cells_free(struct cells *s, struct cell_list *list) {
  if (list->cells)
    slab_give_chain(&s->slab, list->first, list->last, list->cells);
  *list = cells_empty();
}
