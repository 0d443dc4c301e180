/* SPDX-License-Identifier: MIT */
#include "api/text.h"

char *put_number(char *p, uint64_t value) {
  char digits[20];
  size_t n = sizeof digits;
  do {
    digits[--n] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  memcpy(p, digits + n, sizeof digits - n);
  return p + sizeof digits - n;
}

static char *put_dotted(char *p, const uint8_t *b) {
  for (int i = 0; i < 4; i++) {
    if (i) *p++ = '.';
    p = put_number(p, b[i]);
  }
  return p;
}

static char *put_hex(char *p, unsigned value) {
  int shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0;
  for (; shift >= 0; shift -= 4) *p++ = "0123456789abcdef"[value >> shift & 15];
  return p;
}

/* RFC 5952: the longest run of two or more zero groups, the first of equals, as
 * "::", and an IPv4-mapped address in dotted form. */
static char *put_groups(char *p, const uint8_t *b) {
  unsigned group[8], at = 8, length = 1, run = 0;
  for (unsigned i = 0; i < 8; i++) {
    group[i] = (unsigned)(b[2 * i] << 8 | b[2 * i + 1]);
    run = group[i] ? 0 : run + 1;
    if (run > length) {
      length = run;
      at = i + 1 - run;
    }
  }
  if (!at && length == 5 && group[5] == 0xffff) {
    memcpy(p, "::ffff:", 7);
    return put_dotted(p + 7, b + 12);
  }
  for (unsigned i = 0; i < 8;) {
    if (i == at) {
      if (!i) *p++ = ':';
      *p++ = ':';
      i += length;
    } else {
      p = put_hex(p, group[i]);
      if (++i < 8) *p++ = ':';
    }
  }
  return p;
}

char *put_address(char *p, const uint8_t *addr, unsigned family) {
  return family == 6 ? put_groups(p, addr) : put_dotted(p, addr);
}

void text_number(struct text *t, uint64_t value) {
  char digits[20];
  text_put(t, digits, (size_t)(put_number(digits, value) - digits));
}

/* |units| in |scale|ths, with the decimals that |scale|, a power of ten, has. */
static void decimals(struct text *t, uint64_t units, uint64_t scale) {
  char digits[40], *point = put_number(digits, units / scale);
  char *end = put_number(point, scale + units % scale);
  *point = '.';          /* where the digit of |scale| is */
  text_put(t, digits, (size_t)(end - digits));
}

void text_ms(struct text *t, double ms) {
  double units = ms * 1000 + 0.5;
  if (!(units > -0x1p53 && units < 0x1p53)) {
    text_word(t, "null");
    return;
  }
  int64_t floor = (int64_t)units;
  if ((double)floor > units) floor--;
  if (floor < 0) text_word(t, "-");
  decimals(t, (uint64_t)(floor < 0 ? -floor : floor), 1000);
}

void text_seconds(struct text *t, double s) {
  if (!(s >= 0 && s < 0x1p40)) {
    text_word(t, "null");
    return;
  }
  uint64_t whole = (uint64_t)s;
  double exact = (s - (double)whole) * 1e6;
  uint64_t micros = (uint64_t)(exact + 0.5);
  decimals(t, whole * 1000000 + micros, 1000000);
}

/* The length of the UTF-8 sequence at |s|, 0 when there is no well-formed one. */
static size_t sequence(const uint8_t *s, size_t left) {
  uint8_t a = s[0];
  size_t n = a < 0x80 ? 1 : a < 0xc2 ? 0 : a < 0xe0 ? 2 : a < 0xf0 ? 3
             : a < 0xf5 ? 4 : 0;
  if (n > left) return 0;
  for (size_t i = 1; i < n; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  if ((a == 0xe0 && s[1] < 0xa0) || (a == 0xed && s[1] > 0x9f) ||
      (a == 0xf0 && s[1] < 0x90) || (a == 0xf4 && s[1] > 0x8f))
    return 0;
  return n;
}

static void control(struct text *t, uint8_t c) {
  static const char names[] = "\bb\ff\nn\rr\tt";
  char code[6] = {'\\', 'u', '0', '0', (char)('0' + (c >> 4)),
                  "0123456789abcdef"[c & 15]};
  for (const char *n = names; *n; n += 2) {
    if (*n != c) continue;
    text_put(t, (char[]){'\\', n[1]}, 2);
    return;
  }
  text_put(t, code, sizeof code);
}

void text_quote(struct text *t, const uint8_t *s, size_t n) {
  text_word(t, "\"");
  for (size_t i = 0; i < n;) {
    size_t length = sequence(s + i, n - i);
    if (!length) {
      text_word(t, "\xef\xbf\xbd");
    } else if (s[i] < ' ' || s[i] == 0x7f) {
      control(t, s[i]);
    } else {
      if (s[i] == '"' || s[i] == '\\') text_word(t, "\\");
      text_put(t, (const char *)s + i, length);
    }
    i += length ? length : 1;
  }
  text_word(t, "\"");
}
