/* SPDX-License-Identifier: MIT */
#include "probe/share.h"

#include <errno.h>
#include <string.h>

#include "probe/turns.h"

static uint32_t *bucket(const struct core *c, uint32_t dst) {
  if (!c->hash.count) return NULL;
  uint32_t h = dst * 0x9e3779b1u;
  return (uint32_t *)slab_at(&c->hash, 0) + (h >> (32 - SHARE_HASH_BITS));
}

static uint32_t *bucket_of(const struct core *c, const struct trace *t) {
  return bucket(c, table_fold(t->dst));
}

static int hash_add(struct core *c, struct trace *t) {
  if (!c->hash.count) {
    if (slab_reserve(&c->hash, 1)) return -ENOMEM;
    memset(slab_at(&c->hash, 0), 0xff, c->hash.size);   /* all SLAB_NONE */
  }
  uint32_t *b = bucket_of(c, t);
  t->extra->same_hash = *b;
  *b = trace_index(t);
  return 0;
}

static void hash_remove(struct core *c, struct trace *t) {
  uint32_t i = trace_index(t), *at = bucket_of(c, t);
  while (*at != SLAB_NONE && *at != i) at = &state_at(c, *at)->extra->same_hash;
  if (*at == i) *at = t->extra->same_hash;
}

struct trace *share_match(const struct core *c, const uint8_t dst[16],
                          unsigned protocol, const struct trace *after) {
  uint32_t *b = bucket(c, table_fold(dst));
  uint32_t i = after ? after->extra->same_hash : b ? *b : SLAB_NONE;
  for (; i != SLAB_NONE; i = state_at(c, i)->extra->same_hash) {
    struct trace *t = state_at(c, i);
    if (t->opts->protocol == protocol && !memcmp(t->dst, dst, sizeof t->dst))
      return t;
  }
  return NULL;
}

struct trace *share_next(const struct core *c, const struct trace *t,
                         struct trace *o) {
  do o = share_match(c, t->dst, t->opts->protocol, o);
  while (o && (o->sport != t->sport || o->opts->dport != t->opts->dport ||
               o->opts->multipath == MTR_CLASSIC));
  return o;
}

struct trace *share_keeper(const struct core *c, const struct trace *t) {
  struct trace *first = share_next(c, t, NULL), *o = first;
  while (o && !o->extra->data_count) o = share_next(c, t, o);
  return o ? o : first;
}

int share_join(struct core *c, struct trace *t) {
  int err = hash_add(c, t);
  if (err) return err;
  const struct trace *h = share_keeper(c, t);
  t->waits = h && h->extra->data_count;
  return 0;
}

void share_leave(struct core *c, struct trace *t) {
  hash_remove(c, t);
  struct trace *h = share_keeper(c, t);
  if (h && t->extra->data_count) {
    h->extra->data = t->extra->data;
    h->extra->data_count = t->extra->data_count;
    t->extra->data = cells_empty();
  }
  cells_free(&c->cells, &t->extra->data);
  t->extra->data_count = 0;
  if (h && h->extra->data_count) turns_dirty(c, h);
}

void share_recount(struct core *c, const struct trace *t) {
  struct trace *h = t->waits ? share_keeper(c, t) : NULL;
  if (h) turns_dirty(c, h);
}
