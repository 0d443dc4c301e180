/* SPDX-License-Identifier: MIT
 *
 * Finds out whether a line of JSON is a result exactly as this library writes
 * it: decoding it and encoding it again would give the same bytes. Then a
 * program that passes results on can skip both.
 *
 * It says yes only if that is certain. Texts have printable ASCII without
 * escapes, numbers have the digits that their format gives them, members are
 * known and in the order of results, and what a reader of results needs is
 * there. Any other line, also a good one, is left to a reader that decodes it.
 * Wrong if the writer in Lua (mtr.record.json) changes and this file does not:
 * the spec compares them.
 */
#include <stddef.h>
#include <string.h>

#include "mtr.h"

enum { DEEPEST = 12 };                  /* lists and objects within others */

/* What an object is for a reader of results. */
enum role { OTHER, TRACE, HOP, REPLY };

struct text {
  const char *at;
  const char *end;
  const char *keys;      /* of MTR_JSON_KEY bytes each, in order */
  uint32_t n;
};

/* Members that must be there, and how their values begin: 0 is a number. */
struct need {
  enum role role;
  char first;
  const char *name;
};

static const struct need NEEDS[] = {
  { TRACE, '"', "type" }, { TRACE, '"', "protocol" }, { TRACE, '"', "dst" },
  { TRACE, '"', "target" }, { TRACE, '"', "stop_reason" },
  { TRACE, '[', "hops" }, { HOP, '0', "ttl" }, { HOP, '[', "replies" },
  { REPLY, '"', "addr" }, { REPLY, '0', "rtt" },
};

static int value(struct text *t, unsigned depth, char decimals,
                  enum role role);

static int take(struct text *t, char c) {
  if (t->at == t->end || *t->at != c) return 0;
  t->at++;
  return 1;
}

static int is(const char *name, size_t n, const char *other) {
  return !strncmp(other, name, n) && !other[n];
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

static size_t digits(struct text *t) {
  const char *from = t->at;
  while (t->at < t->end && *t->at >= '0' && *t->at <= '9') t->at++;
  return (size_t)(t->at - from);
}

/* A whole number below 10^15, or one with exactly so many decimals, which a
 * double keeps apart from its neighbours. */
static int number(struct text *t, char decimals) {
  int minus = !decimals && take(t, '-');
  const char *from = t->at;
  size_t n = digits(t);
  if (!n || n > 15 || (*from == '0' && (n > 1 || minus))) return 0;
  if (!decimals) return 1;
  size_t most = 15 - (size_t)decimals;
  if (n > most && (decimals != 6 || n > 10 || *from > '3')) return 0;
  return take(t, '.') && digits(t) == (size_t)decimals;
}

/* A list; its elements have the role. Those of hops are numbered by ttl. */
static int list(struct text *t, unsigned depth, enum role role) {
  unsigned n = 0;
  if (take(t, ']')) return 1;
  do {
    if (role != OTHER && (t->at == t->end || *t->at != '{')) return 0;
    if (role == HOP) {
      size_t size = sizeof "{\"ttl\":" - 1;
      unsigned ttl = 0;
      if ((size_t)(t->end - t->at) < size + 4) return 0;
      if (memcmp(t->at, "{\"ttl\":", size)) return 0;
      for (const char *c = t->at + size; *c >= '0' && *c <= '9'; c++) {
        if (c == t->at + size + 3) return 0;
        ttl = ttl * 10 + (unsigned)(*c - '0');
      }
      if (ttl != ++n) return 0;
    }
    if (!value(t, depth, 0, role)) return 0;
  } while (take(t, ','));
  return take(t, ']');
}

/* Returns the index behind that of a key, among those from |k| on; 0: it is
 * not there. */
static uint32_t find(const struct text *t, uint32_t k, const char *name,
                     size_t n) {
  if (n >= MTR_JSON_KEY - 1) return 0;
  for (; k < t->n; k++) {
    const char *key = t->keys + (size_t)k * MTR_JSON_KEY;
    if (!memcmp(key, name, n) && !key[n]) return k + 1;
  }
  return 0;
}

/* Counts what a reader needs; -1: it has another kind of value. */
static int needed(enum role role, const char *name, size_t n, char first) {
  for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++) {
    if (NEEDS[i].role != role || !is(name, n, NEEDS[i].name)) continue;
    if (first == '-' || (first >= '0' && first <= '9')) first = '0';
    return first == NEEDS[i].first ? 1 : -1;
  }
  return 0;
}

static int all_needed(enum role role) {
  int n = 0;
  for (size_t i = 0; i < sizeof NEEDS / sizeof *NEEDS; i++)
    n += NEEDS[i].role == role;
  return n;
}

static enum role role_in(enum role role, const char *name, size_t n) {
  if (role == TRACE && is(name, n, "hops")) return HOP;
  if (role == HOP && is(name, n, "replies")) return REPLY;
  return OTHER;
}

static int object(struct text *t, unsigned depth, enum role role) {
  uint32_t k = 0;
  int found = 0;
  do {
    const char *name;
    size_t n;
    if (!string(t, &name, &n) || !take(t, ':') || t->at == t->end) return 0;
    k = find(t, k, name, n);
    if (!k) return 0;
    if (role != OTHER) {
      int one = needed(role, name, n, *t->at);
      if (one < 0) return 0;
      found += one;
    }
    char decimals = t->keys[(size_t)k * MTR_JSON_KEY - 1];
    if (!value(t, depth, decimals, role_in(role, name, n))) return 0;
  } while (take(t, ','));
  return take(t, '}') && (role == OTHER || found == all_needed(role));
}

static int word(struct text *t, const char *text, size_t n) {
  if ((size_t)(t->end - t->at) < n || memcmp(t->at, text, n)) return 0;
  t->at += n;
  return 1;
}

static int value(struct text *t, unsigned depth, char decimals,
                  enum role role) {
  const char *name;
  size_t n;
  if (t->at == t->end || depth == DEEPEST) return 0;
  switch (*t->at) {
  case '{':
    t->at++;
    return object(t, depth + 1, role);
  case '[':
    t->at++;
    return list(t, depth + 1, role);
  case '"':
    return string(t, &name, &n);
  case 't':
    return word(t, "true", 4);
  case 'f':
    return word(t, "false", 5);
  default:
    return number(t, decimals);
  }
}

int mtr_json_verbatim(const char *text, uint32_t size, const char *keys,
                      uint32_t n) {
  static const char HEAD[] = "{\"type\":\"trace\",";
  struct text t = { text, text + size, keys, n };
  if (size < sizeof HEAD - 1 || memcmp(text, HEAD, sizeof HEAD - 1)) return 0;
  return value(&t, 0, 0, TRACE) && t.at == t.end;
}
