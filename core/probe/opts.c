/* SPDX-License-Identifier: MIT */
#include "probe/opts.h"

#include <string.h>

enum { COMPARED = offsetof(struct opts, want) };

void opts_init(struct opts_store *s, uint32_t max) {
  slab_init(&s->slab, sizeof(struct opts), max, 4);
  for (int i = 0; i < OPTS_RECENT; i++) s->recent[i] = SLAB_NONE;
  s->next = 0;
}

void opts_close(struct opts_store *s) {
  slab_close(&s->slab);
  opts_init(s, s->slab.max);
}

static int same(const struct opts *a, const struct opts *b) {
  const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;
  return !memcmp(x + COMPARED, y + COMPARED, sizeof *a - COMPARED);
}

const struct opts *opts_take(struct opts_store *s, const struct opts *like) {
  for (int i = 0; i < OPTS_RECENT; i++) {
    if (s->recent[i] == SLAB_NONE) continue;
    struct opts *o = slab_at(&s->slab, s->recent[i]);
    if (!same(o, like)) continue;
    o->users++;
    return o;
  }
  if (slab_reserve(&s->slab, 1)) return NULL;
  uint32_t at = slab_take(&s->slab);
  if (at == SLAB_NONE) return NULL;
  struct opts *o = slab_at(&s->slab, at);
  *o = *like;
  o->self = at;
  o->users = 1;
  s->recent[s->next++ % OPTS_RECENT] = at;
  return o;
}

void opts_give(struct opts_store *s, const struct opts *opts) {
  struct opts *o = slab_at(&s->slab, opts->self);
  if (--o->users) return;
  for (int i = 0; i < OPTS_RECENT; i++)
    if (s->recent[i] == o->self) s->recent[i] = SLAB_NONE;
  slab_give(&s->slab, o->self);
}
