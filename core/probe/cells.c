/* SPDX-License-Identifier: MIT */
#include "probe/cells.h"

#include <errno.h>
#include <string.h>

static void append(struct slab *s, struct cell_list *list, uint32_t i) {
  struct cell *c = slab_at(s, i);
  c->next = SLAB_NONE;
  if (list->last == SLAB_NONE)
    list->first = i;
  else
    ((struct cell *)slab_at(s, list->last))->next = i;
  list->last = i;
  list->count++;
}

int cells_add(struct slab *s, struct cell_list *list,
              const struct mtr_event *ev, const uint8_t *ext) {
  uint32_t left = ev->ext_words * 4u;
  if (s->count - s->used < cells_need(ev->ext_words)) return -ENOMEM;
  uint32_t i = slab_take(s);
  struct cell *c = slab_at(s, i);
  *c = (struct cell){
      .rtt = ev->rtt, .at = ev->at, .flags = ev->flags, .flow = ev->flow,
      .reply_size = ev->reply_size, .mtu = ev->mtu,
      .quoted_size = ev->quoted_size, .ttl = ev->ttl, .attempt = ev->attempt,
      .protocol = ev->protocol, .icmp_type = ev->icmp_type,
      .icmp_code = ev->icmp_code, .reply_ttl = ev->reply_ttl,
      .tcp_flags = ev->tcp_flags, .quoted_ttl = ev->quoted_ttl,
      .quoted_tos = ev->quoted_tos, .ext_words = ev->ext_words};
  memcpy(c->addr, ev->addr, sizeof c->addr);
  append(s, list, i);
  while (left) {
    uint32_t n = left < CELL_RAW ? left : CELL_RAW;
    i = slab_take(s);
    memcpy((uint8_t *)slab_at(s, i) + 4, ext, n);
    append(s, list, i);
    ext += n;
    left -= n;
  }
  return 0;
}

struct cell *cells_next(const struct slab *s, const struct cell_list *list,
                        uint32_t *at) {
  if (*at == SLAB_NONE) {
    *at = list->first;
  } else {
    const struct cell *c = slab_at(s, *at);
    for (uint32_t skip = cells_need(c->ext_words); skip; skip--)
      *at = ((const struct cell *)slab_at(s, *at))->next;
  }
  return *at == SLAB_NONE ? NULL : slab_at(s, *at);
}

void cells_event(const struct slab *s, const struct cell *c,
                 struct mtr_event *ev, uint8_t *ext) {
  memcpy(ev->addr, c->addr, sizeof ev->addr);
  ev->ttl = c->ttl;
  ev->attempt = c->attempt;
  ev->rtt = c->rtt;
  ev->at = c->at;
  ev->flags = c->flags;
  ev->flow = c->flow;
  ev->protocol = c->protocol;
  ev->icmp_type = c->icmp_type;
  ev->icmp_code = c->icmp_code;
  ev->reply_ttl = c->reply_ttl;
  ev->tcp_flags = c->tcp_flags;
  ev->quoted_ttl = c->quoted_ttl;
  ev->quoted_tos = c->quoted_tos;
  ev->quoted_size = c->quoted_size;
  ev->reply_size = c->reply_size;
  ev->mtu = c->mtu;
  ev->ext_words = c->ext_words;
  if (!ext) return;
  for (uint32_t left = c->ext_words * 4u, i = c->next; left;) {
    uint32_t n = left < CELL_RAW ? left : CELL_RAW;
    const uint8_t *raw = slab_at(s, i);
    memcpy(ext, raw + 4, n);
    memcpy(&i, raw, sizeof i);
    ext += n;
    left -= n;
  }
}

void cells_shift(struct slab *s, struct cell_list *list) {
  const struct cell *first = slab_at(s, list->first);
  for (uint32_t n = cells_need(first->ext_words); n; n--) {
    uint32_t i = list->first;
    memcpy(&list->first, slab_at(s, i), sizeof i);
    slab_give(s, i);
    list->count--;
  }
  if (list->first == SLAB_NONE) list->last = SLAB_NONE;
}

/* They are chained as the slab chains what is free. */
void cells_free(struct slab *s, struct cell_list *list) {
  if (list->count) slab_give_chain(s, list->first, list->last, list->count);
  *list = (struct cell_list){SLAB_NONE, SLAB_NONE, 0};
}
