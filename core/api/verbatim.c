/* SPDX-License-Identifier: MIT
 *
 * Finds out whether a line of JSON is a result exactly as this library writes
 * it: its members have values of their kinds, and decoding it and encoding it
 * again would give the same bytes. Then a program that passes results on can
 * skip both, and one that reads them need not look at the kinds.
 *
 * It says yes only if that is certain. Texts have printable ASCII without
 * escapes, numbers have the digits that their format gives them, members are
 * known and in the order of results, and those that a reader needs are there.
 * Any other line, also a good one, is left to a reader that decodes it.
 * Wrong if the writer in Lua (mtr.record.json) changes and this file does not:
 * the spec compares them.
 */
#include <stddef.h>
#include <string.h>

#include "mtr.h"

enum {
  DEEPEST = 12,          /* lists and objects within others */
  DIGITS = 15,           /* of a number: a double keeps them apart */
  ADDRESS = 46           /* bytes of the text of an address, with a zero */
};

struct text {
  const char *at;
  const char *end;
  const struct mtr_json_kind *kinds;
  uint32_t n;
};

static int value(struct text *t, unsigned depth,
                 const struct mtr_json_kind *k);

static int take(struct text *t, char c) {
  if (t->at == t->end || *t->at != c) return 0;
  t->at++;
  return 1;
}

static int word(struct text *t, const char *text, size_t n) {
  if ((size_t)(t->end - t->at) < n || memcmp(t->at, text, n)) return 0;
  t->at += n;
  return 1;
}

static int string(struct text *t, const char **name, size_t *n) {
  if (!take(t, '"')) return 0;
  const char *at = t->at;
  while (at < t->end && *at >= ' ' && *at <= '~' && *at != '"' && *at != '\\')
    at++;
  *name = t->at;
  *n = (size_t)(at - t->at);
  t->at = at;
  return take(t, '"');
}

/* Is this the name of |k|? Mostly the first byte says no. */
static inline int is(const struct mtr_json_kind *k, const char *name,
                     size_t n) {
  return n && *k->name == *name && n < sizeof k->name &&
         !memcmp(k->name, name, n) && !k->name[n];
}

/* Returns the first of the kinds within |k|; NULL: the array ends before. */
static const struct mtr_json_kind *within(const struct text *t,
                                          const struct mtr_json_kind *k) {
  return (uint32_t)k->first + k->n > t->n ? NULL : t->kinds + k->first;
}

static int is_address(const char *text, size_t n) {
  char copy[ADDRESS];
  uint8_t addr[MTR_ADDR_SIZE];
  if (n >= sizeof copy) return 0;
  memcpy(copy, text, n);
  copy[n] = 0;
  return mtr_address(copy, addr, NULL) > 0;
}

static int is_word(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char c = text[i], low = (char)(c | 0x20);
    if (!(low >= 'a' && low <= 'z') && !(c >= '0' && c <= '9') && c != '-')
      return 0;
  }
  return n > 0;
}

static int is_hex(const char *text, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!(text[i] >= '0' && text[i] <= '9') &&
        !(text[i] >= 'a' && text[i] <= 'f'))
      return 0;
  return n % 2 == 0;
}

static int one_of(const struct text *t, const struct mtr_json_kind *k,
                  const char *text, size_t n) {
  const struct mtr_json_kind *words = within(t, k);
  for (unsigned i = 0; words && i < k->n; i++)
    if (is(&words[i], text, n)) return 1;
  return 0;
}

static int some_text(struct text *t, const struct mtr_json_kind *k) {
  const char *text;
  size_t n;
  if (!string(t, &text, &n)) return 0;
  switch (k->type) {
  case MTR_JSON_ADDRESS: return is_address(text, n);
  case MTR_JSON_WORD: return is_word(text, n);
  case MTR_JSON_HEX: return is_hex(text, n);
  case MTR_JSON_ONE_OF: return one_of(t, k, text, n);
  default: return 1;
  }
}

/* Reads digits behind those of |*v|. Returns how many they are. */
static unsigned digits(struct text *t, double *v) {
  const char *from = t->at;
  for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
    *v = *v * 10 + (*t->at - '0');
  return (unsigned)(t->at - from);
}

/* A whole number below 10^15, or one with exactly so many decimals, which a
 * double keeps apart from its neighbours: seconds since 1970 up to 2096. */
static int number(struct text *t, const struct mtr_json_kind *k) {
  static const double scales[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
  const unsigned decimals = k->decimals;
  int minus = !decimals && k->least < 0 && take(t, '-');
  const char *from = t->at;
  double v = 0;
  unsigned n = digits(t, &v);
  if (decimals >= sizeof scales / sizeof *scales) return 0;
  if (!n || n > DIGITS || (*from == '0' && (n > 1 || minus))) return 0;
  if (decimals) {
    if (n > DIGITS - decimals && (decimals != 6 || n > 10 || *from > '3'))
      return 0;
    if (!take(t, '.') || digits(t, &v) != decimals) return 0;
  }
  if (minus) v = -v;
  return v >= k->least * scales[decimals] && v <= k->most * scales[decimals];
}

/* Is there an object whose first member is the number |place|? */
static int numbered(const struct text *t, const struct mtr_json_kind *element,
                    unsigned place) {
  const struct mtr_json_kind *first = within(t, element);
  struct text ahead = *t;
  const char *name;
  size_t n;
  double v = 0;
  return first && element->n && take(&ahead, '{') &&
         string(&ahead, &name, &n) && is(first, name, n) &&
         take(&ahead, ':') && digits(&ahead, &v) && v == place;
}

static int list(struct text *t, unsigned depth, const struct mtr_json_kind *k) {
  const struct mtr_json_kind *element = within(t, k);
  unsigned place = 0;
  if (!element || k->n != 1) return 0;
  if (take(t, ']')) return 1;
  do {
    place++;
    if (k->type == MTR_JSON_NUMBERED && !numbered(t, element, place)) return 0;
    if (!value(t, depth, element)) return 0;
  } while (take(t, ','));
  return take(t, ']');
}

static int object(struct text *t, unsigned depth,
                  const struct mtr_json_kind *k) {
  const struct mtr_json_kind *member = within(t, k), *end;
  if (!member) return 0;
  end = member + k->n;
  do {
    const char *name;
    size_t n;
    if (!string(t, &name, &n) || !take(t, ':')) return 0;
    for (; member < end && !is(member, name, n); member++)
      if (member->needed) return 0;
    if (member == end || !value(t, depth, member)) return 0;
    member++;
  } while (take(t, ','));
  for (; member < end; member++)
    if (member->needed) return 0;
  return take(t, '}');
}

static int value(struct text *t, unsigned depth,
                 const struct mtr_json_kind *k) {
  if (t->at == t->end || depth == DEEPEST) return 0;
  switch (k->type) {
  case MTR_JSON_OBJECT:
    return take(t, '{') && object(t, depth + 1, k);
  case MTR_JSON_LIST:
  case MTR_JSON_NUMBERED:
    return take(t, '[') && list(t, depth + 1, k);
  case MTR_JSON_TRUE:
    return word(t, "true", 4);
  case MTR_JSON_BOOLEAN:
    return word(t, "true", 4) || word(t, "false", 5);
  case MTR_JSON_NUMBER:
    return number(t, k);
  case MTR_JSON_ID:
    return *t->at == '"' ? some_text(t, k) : number(t, k);
  default:
    return some_text(t, k);
  }
}

int mtr_json_verbatim(const char *text, uint32_t size,
                      const struct mtr_json_kind *kinds, uint32_t n) {
  struct text t = {text, text + size, kinds, n};
  return n && value(&t, 0, kinds) && t.at == t.end;
}
