/* SPDX-License-Identifier: MIT
 *
 * Sets of address prefixes, for millions of them: finds the longest prefix that
 * contains an address.
 *
 * The prefixes of a family stand in one array, in the order of their first
 * addresses; of prefixes that begin at the same address the longest is last.
 * The last prefix that begins at or before an address contains it, or one of
 * the prefixes around this one does, or none. Each knows the next one around
 * it. Memory that is not in the processor's caches costs most of the time, so
 * what a search reads is apart and small: the upper halves of the first
 * addresses, in levels of which each holds every FAN-th number of the one
 * below; and for many IPv4 prefixes a bit for each /24, which says that some
 * prefix has an address there.
 *
 * Sorting happens in the first search after an addition: adding and finding in
 * turns would be slow.
 */
#include <errno.h>
#include <stdlib.h>

#include "mtr.h"

enum {
  FAN = 8,               /* numbers of 8 bytes in a line of cache */
  LEVELS = 11,
  NONE = 0xffffffff,
  WITHIN = 256,
  MANY = 4096            /* prefixes that are worth a bit map */
};

struct key {
  uint64_t high, low;    /* an address; IPv4 in the first four bytes */
};

struct prefix {
  struct key first;
  uint32_t value;
  uint32_t length;
};

struct side {            /* of one family */
  struct prefix *all;
  uint32_t count, room;
  uint32_t *value;       /* of each prefix, as in |all| */
  uint32_t *around;      /* the next prefix around it; or NONE */
  uint16_t *length;      /* in bits; + WITHIN: there is a prefix around it */
  uint64_t *highs;       /* the upper halves: level 0, level 1 ... */
  uint64_t *level[LEVELS];
  uint32_t size[LEVELS];
  uint32_t levels;
  uint64_t *map;         /* IPv4: a bit for each /24; NULL: none */
};

struct mtr_prefixes {
  struct side side[2];   /* IPv4, IPv6 */
  uint32_t added;
  int sorted;
};

static uint64_t read64(const uint8_t *b) {
  uint64_t value = 0;
  for (int i = 0; i < 8; i++) value = value << 8 | b[i];
  return value;
}

static uint64_t mask(uint32_t bits) {
  return bits >= 64 ? UINT64_MAX : ~(UINT64_MAX >> bits);
}

static struct key cut(struct key k, uint32_t length) {
  k.high &= mask(length);
  k.low &= mask(length > 64 ? length - 64 : 0);
  return k;
}

static int upto(const struct key *a, const struct key *b) {
  return (a->high < b->high) | ((a->high == b->high) & (a->low <= b->low));
}

static int holds(struct key first, uint32_t length, struct key k) {
  k = cut(k, length);
  return k.high == first.high && k.low == first.low;
}

static int same(const struct prefix *a, const struct prefix *b) {
  return a->length == b->length && a->first.high == b->first.high &&
         a->first.low == b->first.low;
}

static int compare(const void *one, const void *other) {
  const struct prefix *a = one, *b = other;
  if (a->first.high != b->first.high)
    return a->first.high < b->first.high ? -1 : 1;
  if (a->first.low != b->first.low) return a->first.low < b->first.low ? -1 : 1;
  if (a->length != b->length) return a->length < b->length ? -1 : 1;
  return a->value < b->value ? -1 : a->value > b->value;
}

struct mtr_prefixes *mtr_prefixes_new(void) {
  return calloc(1, sizeof(struct mtr_prefixes));
}

static void forget(struct side *s) {
  free(s->value);
  free(s->around);
  free(s->length);
  free(s->highs);
  free(s->map);
  s->value = s->around = NULL;
  s->length = NULL;
  s->highs = s->map = NULL;
}

void mtr_prefixes_free(struct mtr_prefixes *set) {
  for (int i = 0; set && i < 2; i++) {
    forget(&set->side[i]);
    free(set->side[i].all);
  }
  free(set);
}

int mtr_prefixes_add(struct mtr_prefixes *set, const uint8_t *addr,
                     uint32_t family, uint32_t length) {
  if (family != 4 && family != 6) return -EINVAL;
  if (length > (family == 4 ? 32 : 128)) return -EINVAL;
  struct side *s = &set->side[family == 6];
  if (set->added >= INT32_MAX - 1) return -ENOSPC;
  if (s->count == s->room) {
    uint32_t room = s->room ? s->room * 2 : 64;
    struct prefix *all = realloc(s->all, room * sizeof *all);
    if (!all) return -ENOMEM;
    s->all = all;
    s->room = room;
  }
  struct key k = {read64(addr), family == 6 ? read64(addr + 8) : 0};
  s->all[s->count++] =
      (struct prefix){cut(k, length), ++set->added, length};
  set->sorted = 0;
  return (int)set->added;
}

/* Keeps the last addition of each prefix. */
static void drop_doubles(struct side *s) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < s->count; i++) {
    if (n && same(&s->all[n - 1], &s->all[i])) n--;
    s->all[n++] = s->all[i];
  }
  s->count = n;
}

static void fill(struct side *s) {
  for (uint32_t i = 0; i < s->count; i++) {
    const struct prefix *p = &s->all[i];
    uint32_t at = i ? i - 1 : NONE;
    while (at != NONE && !holds(s->all[at].first, s->all[at].length, p->first))
      at = s->around[at];
    s->around[i] = at;
    s->length[i] = (uint16_t)(p->length | (at == NONE ? 0 : WITHIN));
    s->value[i] = p->value;
    s->highs[i] = p->first.high;
  }
  s->level[0] = s->highs;
  for (uint32_t l = 1; l < s->levels; l++) {
    s->level[l] = s->level[l - 1] + s->size[l - 1];
    for (uint32_t i = 0; i < s->size[l]; i++)
      s->level[l][i] = s->level[l - 1][i * FAN];
  }
}

static void draw(struct side *s) {
  for (uint32_t i = 0; i < s->count; i++) {
    uint32_t first = (uint32_t)(s->highs[i] >> 40), length = s->length[i];
    if (length >= WITHIN) continue;
    uint32_t n = length < 24 ? 1u << (24 - length) : 1;
    for (uint32_t k = first; k < first + n; k++)
      s->map[k >> 6] |= 1ull << (k & 63);
  }
}

static int sort(struct side *s, int family) {
  forget(s);
  if (!s->count) return 0;
  qsort(s->all, s->count, sizeof *s->all, compare);
  drop_doubles(s);
  uint32_t keys = s->count;
  s->size[0] = s->count;
  for (s->levels = 1; s->size[s->levels - 1] > FAN; s->levels++) {
    s->size[s->levels] = (s->size[s->levels - 1] + FAN - 1) / FAN;
    keys += s->size[s->levels];
  }
  int mapped = family == 4 && s->count >= MANY;
  s->value = malloc(s->count * sizeof *s->value);
  s->around = malloc(s->count * sizeof *s->around);
  s->length = malloc(s->count * sizeof *s->length);
  s->highs = malloc(keys * sizeof *s->highs);
  s->map = mapped ? calloc(1 << 18, sizeof *s->map) : NULL;
  if (!s->value || !s->around || !s->length || !s->highs ||
      (mapped && !s->map))
    return -ENOMEM;
  fill(s);
  if (mapped) draw(s);
  return 0;
}

/* The last prefix that begins at |k| or before; or NONE. */
static uint32_t search(const struct side *s, struct key k) {
  uint32_t at = 0;
  for (uint32_t l = s->levels; l-- > 0;) {
    uint32_t first = at * FAN, n = s->size[l] - first, count = 0;
    const uint64_t *v = &s->level[l][first];
    if (!l) __builtin_prefetch(&s->length[first]);
    if (n >= FAN) {
      for (uint32_t i = 0; i < FAN; i++) count += v[i] <= k.high;
    } else {
      for (uint32_t i = 0; i < n; i++) count += v[i] <= k.high;
    }
    if (!count) return NONE;
    at = first + count - 1;
  }
  if (s->highs[at] < k.high || upto(&s->all[at].first, &k)) return at;
  uint32_t low = 0, high = at;         /* the last one is below |high| */
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (upto(&s->all[middle].first, &k)) low = middle + 1;
    else high = middle;
  }
  return low ? low - 1 : NONE;
}

/* Whether prefix |i| contains |k|, which is not before it. */
static int contains(const struct side *s, uint32_t i, struct key k) {
  uint32_t length = s->length[i] % WITHIN;
  if (length <= 64) return !((k.high ^ s->highs[i]) & mask(length));
  return holds(s->all[i].first, length, k);
}

int mtr_prefixes_find(struct mtr_prefixes *set, const uint8_t *addr,
                      uint32_t family, uint32_t *length) {
  if (family != 4 && family != 6) return -EINVAL;
  if (!set->sorted) {
    int err = sort(&set->side[0], 4);
    if (!err) err = sort(&set->side[1], 6);
    if (err) return err;
    set->sorted = 1;
  }
  const struct side *s = &set->side[family == 6];
  if (!s->count) return 0;
  struct key k = {read64(addr), 0};
  if (family == 6) k.low = read64(addr + 8);
  else k.high &= mask(32);
  uint32_t block = (uint32_t)(k.high >> 40);
  if (s->map && !(s->map[block >> 6] >> (block & 63) & 1)) return 0;
  uint32_t at = search(s, k);
  while (at != NONE && !contains(s, at, k))
    at = s->length[at] >= WITHIN ? s->around[at] : (uint32_t)NONE;
  if (at == NONE) return 0;
  *length = s->length[at] % WITHIN;
  return (int)s->value[at];
}
