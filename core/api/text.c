/* SPDX-License-Identifier: MIT */
#include "api/text.h"

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536"
    "37383940414243444546474849505152535455565758596061626364656667686970717273"
    "7475767778798081828384858687888990919293949596979899";

/* Writes |value| below 10^8 with at least |least| digits, the last two
 * first. */
static char *put_digits(char *p, uint32_t value, unsigned least) {
  static const uint32_t power[] = {1,      10,      100,      1000,    10000,
                                   100000, 1000000, 10000000, 100000000};
  unsigned n = least;
  while (value >= power[n]) n++;
  char *end = p + n;
  for (; n > 1; n -= 2) {
    memcpy(p + n - 2, &pairs[value % 100 * 2], 2);
    value /= 100;
  }
  if (n) *p = (char)('0' + value);
  return end;
}

/* Writes three digits of a |value| below 1000. */
static inline char *put_decimals(char *p, unsigned value) {
  p[0] = (char)('0' + value / 100);
  memcpy(p + 1, &pairs[value % 100 * 2], 2);
  return p + 3;
}

char *put_number(char *p, uint32_t value) {
  if (value < 1000) return put_small(p, value);
  if (value < 10000) {
    *p = (char)('0' + value / 1000);
    return put_decimals(p + 1, value % 1000);
  }
  if (value < 100000000) return put_digits(p, value, 1);
  p = put_digits(p, value / 100000000, 1);
  return put_digits(p, value % 100000000, 8);
}

static char *put_dotted(char *p, const uint8_t *b) {
  for (int i = 0; i < 3; i++) {
    p = put_small(p, b[i]);
    *p++ = '.';
  }
  return put_small(p, b[3]);
}

static char *put_hex(char *p, unsigned value) {
  int shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0;
  for (; shift >= 0; shift -= 4) *p++ = "0123456789abcdef"[value >> shift & 15];
  return p;
}

/* Writes as RFC 5952 says: "::" for the longest run of two or more zero groups,
 * of equal ones the first; IPv4-mapped addresses in dotted form. */
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

/* Writes thousandths as a decimal number. */
static inline char *put_thousandths(char *p, uint32_t units) {
  p = put_number(p, units / 1000);
  *p = '.';
  return put_decimals(p + 1, units % 1000);
}

/* Does the same for numbers of more than 32 bits. */
static char *put_many(char *p, uint64_t units) {
  uint64_t whole = units / 1000;
  if (whole < 100000000) {
    p = put_number(p, (uint32_t)whole);
  } else {
    p = put_number(p, (uint32_t)(whole / 100000000));
    p = put_digits(p, (uint32_t)(whole % 100000000), 8);
  }
  *p = '.';
  return put_decimals(p + 1, (unsigned)(units % 1000));
}

char *put_ms(char *p, double ms) {
  double units = ms * 1000 + 0.5;
  if (units >= 0 && units < 0x1p32) return put_thousandths(p, (uint32_t)units);
  if (!(units > -0x1p53 && units < 0x1p53)) return put_word(p, "null");
  int64_t floor = (int64_t)units;
  if ((double)floor > units) floor--;
  if (floor < 0) *p++ = '-';
  return put_many(p, (uint64_t)(floor < 0 ? -floor : floor));
}

char *put_seconds(char *p, double s) {
  if (!(s >= 0 && s < 0x1p32 - 1)) return put_word(p, "null");
  uint32_t whole = (uint32_t)s;
  uint32_t micros = (uint32_t)((s - whole) * 1e6 + 0.5);
  if (micros == 1000000) {
    micros = 0;
    whole++;
  }
  p = put_number(p, whole);
  *p = '.';
  return put_digits(p + 1, micros, 6);
}

/* Returns the length of the UTF-8 sequence at |s|, or 0 if it is not
 * well-formed. */
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
