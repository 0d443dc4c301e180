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
 * addresses, in levels of which each has every FAN-th number of the one
 * below; and, for many prefixes, a map of bits: that of an IPv4 /24, or of an
 * IPv6 /32, is 0 if no prefix has an address there.
 *
 * Sorting happens in the first search after an addition: adding and finding in
 * turns would be slow.
 */
#include <errno.h>
#include <stdlib.h>

#include "mtr.h"

enum {
  LINE = 64,             /* bytes of a line of cache */
  FAN = 8,               /* numbers of 8 bytes in a line */
  LEVELS = 11,
  NONE = 0xffffffff,
  WITHIN = 256,
  MANY = 4096,           /* prefixes that are worth a map */
  MAP_BITS = 24
};

struct key {
  uint64_t high, low;    /* an address; IPv4 in the first four bytes */
};

struct prefix {
  struct key first;
  uint32_t value;
  uint32_t length;
};

struct found {           /* what a search needs of a prefix, besides its key */
  uint32_t value;
  uint32_t length;       /* in bits; + WITHIN: there is a prefix around it */
};

struct side {            /* of one family */
  struct prefix *all;
  uint32_t count, room;
  struct found *found;   /* of each prefix */
  uint32_t *around;      /* the next prefix around it; or NONE */
  uint64_t *highs;       /* the upper halves: level 0, level 1 ... */
  uint64_t *level[LEVELS];
  uint32_t size[LEVELS];
  uint32_t levels;
  uint64_t *map;         /* a bit for each block of addresses; NULL: none */
  uint32_t unit;         /* length of a block's prefix */
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

/* So many elements of 8 bytes as fill whole lines. */
static size_t rounded(uint32_t n) {
  return ((size_t)n + FAN - 1) / FAN * FAN;
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

static int has(struct key first, uint32_t length, struct key k) {
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
  free(s->found);
  free(s->around);
  free(s->highs);
  free(s->map);
  s->found = NULL;
  s->around = NULL;
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
    while (at != NONE && !has(s->all[at].first, s->all[at].length, p->first))
      at = s->around[at];
    s->around[i] = at;
    s->found[i].length = p->length | (at == NONE ? 0 : WITHIN);
    s->found[i].value = p->value;
    s->highs[i] = p->first.high;
  }
  s->level[0] = s->highs;
  for (uint32_t l = 1; l < s->levels; l++) {
    s->level[l] = s->level[l - 1] + rounded(s->size[l - 1]);
    for (uint32_t i = 0; i < s->size[l]; i++)
      s->level[l][i] = s->level[l - 1][i * FAN];
  }
}

/* The bit of a block: an IPv4 /24 has its own, IPv6 /32 share them. */
static uint32_t bit_of(const struct side *s, uint64_t block) {
  return s->unit == 24 ? (uint32_t)block : (uint32_t)block * 0x9e3779b1u >> 8;
}

/* Draws the map, if it is worth it: not for few prefixes, nor for so wide ones
 * that most bits would be set. */
static int draw(struct side *s, uint32_t unit) {
  uint64_t blocks = 0;
  s->unit = unit;
  for (int pass = 0; pass < 2; pass++) {
    for (uint32_t i = 0; i < s->count; i++) {
      uint32_t length = s->found[i].length;
      if (length >= WITHIN) continue;
      uint64_t first = s->highs[i] >> (64 - unit);
      uint64_t n = length < unit ? 1ull << (unit - length) : 1;
      blocks += n;
      for (uint64_t k = first; s->map && k < first + n; k++)
        s->map[bit_of(s, k) >> 6] |= 1ull << (bit_of(s, k) & 63);
    }
    if (pass || s->count < MANY || blocks > 1 << MAP_BITS) return 0;
    s->map = calloc(1 << (MAP_BITS - 6), sizeof *s->map);
    if (!s->map) return -ENOMEM;
  }
  return 0;
}

static int sort(struct side *s, uint32_t unit) {
  forget(s);
  if (!s->count) return 0;
  qsort(s->all, s->count, sizeof *s->all, compare);
  drop_doubles(s);
  size_t keys = rounded(s->count);
  s->size[0] = s->count;
  for (s->levels = 1; s->size[s->levels - 1] > FAN; s->levels++) {
    s->size[s->levels] = (s->size[s->levels - 1] + FAN - 1) / FAN;
    keys += rounded(s->size[s->levels]);
  }
  s->around = malloc(s->count * sizeof *s->around);
  s->found = aligned_alloc(LINE, rounded(s->count) * sizeof *s->found);
  s->highs = aligned_alloc(LINE, keys * sizeof *s->highs);
  if (!s->around || !s->found || !s->highs) return -ENOMEM;
  fill(s);
  return draw(s, unit);
}

/* The last prefix that begins at |k| or before; or NONE. */
static uint32_t search(const struct side *s, struct key k) {
  uint32_t at = 0;
  for (uint32_t l = s->levels; l-- > 0;) {
    uint32_t first = at * FAN, n = s->size[l] - first, count = 0;
    const uint64_t *v = &s->level[l][first];
    if (!l) __builtin_prefetch(&s->found[first]);
    if (n >= FAN) {
      for (uint32_t i = 0; i < FAN; i++) count += v[i] <= k.high;
    } else {
      for (uint32_t i = 0; i < n; i++) count += v[i] <= k.high;
    }
    if (!count) return NONE;
    at = first + count - 1;
  }
  if (k.low == UINT64_MAX || s->highs[at] < k.high ||
      upto(&s->all[at].first, &k))
    return at;
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
  uint32_t length = s->found[i].length % WITHIN;
  if (length <= 64) return !((k.high ^ s->highs[i]) & mask(length));
  return has(s->all[i].first, length, k);
}

int mtr_prefixes_find(struct mtr_prefixes *set, const uint8_t *addr,
                      uint32_t family, uint32_t *length) {
  if (family != 4 && family != 6) return -EINVAL;
  if (!set->sorted) {
    int err = sort(&set->side[0], 24);
    if (!err) err = sort(&set->side[1], 32);
    if (err) return err;
    set->sorted = 1;
  }
  const struct side *s = &set->side[family == 6];
  if (!s->count) return 0;
  /* Nothing is behind the last address of an upper half. */
  struct key k = {read64(addr), UINT64_MAX};
  if (family == 6) k.low = read64(addr + 8);
  else k.high |= ~mask(32);
  uint32_t bit = bit_of(s, k.high >> (64 - s->unit));
  if (s->map && !(s->map[bit >> 6] >> (bit & 63) & 1)) return 0;
  uint32_t at = search(s, k);
  while (at != NONE && !contains(s, at, k))
    at = s->found[at].length >= WITHIN ? s->around[at] : (uint32_t)NONE;
  if (at == NONE) return 0;
  *length = s->found[at].length % WITHIN;
  return (int)s->found[at].value;
}
