/* SPDX-License-Identifier: MIT
 *
 * text.h: writes text into a buffer that may be too small, without stdio. A
 * text counts its full length; after the first piece that does not fit, it
 * writes nothing more. The put_ functions write to |p|, where there must be
 * room, and return the end: numbers take at most 24 bytes, an address at most
 * TEXT_ADDRESS. text_open returns the place to write to. While there is room,
 * this is the text itself, so that most pieces are not copied.
 */
#ifndef API_TEXT_H
#define API_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TEXT_ADDRESS = 46, TEXT_PIECE = 1024, TEXT_RUN = 32 };

struct text {
  char *at;              /* next byte */
  char *end;             /* one past the last */
  size_t size;           /* bytes asked for so far */
};

/* text_put: appends |n| bytes. */
static inline void text_put(struct text *t, const char *s, size_t n) {
  t->size += n;
  if (n <= (size_t)(t->end - t->at)) {
    memcpy(t->at, s, n);
    t->at += n;
  } else {
    t->end = t->at;
  }
}

/* text_word: appends a string, without quotes or escapes. */
static inline void text_word(struct text *t, const char *s) {
  text_put(t, s, strlen(s));
}

/* text_open: returns room for a piece of at most TEXT_PIECE bytes: at the end
 * of the text or, if it does not fit there, |spare|[TEXT_PIECE]. */
static inline char *text_open(const struct text *t, char *spare) {
  return t->end - t->at >= TEXT_PIECE ? t->at : spare;
}

/* text_close: appends the piece from |start|, which text_open returned, up to
 * |end|. */
static inline void text_close(struct text *t, const char *start, char *end) {
  size_t n = (size_t)(end - start);
  if (start != t->at) {
    text_put(t, start, n);
  } else {
    t->size += n;
    t->at = end;
  }
}

/* put_word: writes a string. For a literal it compiles to a few moves. */
static inline char *put_word(char *p, const char *s) {
  size_t n = strlen(s);
  memcpy(p, s, n);
  return p + n;
}

/* put_number: writes a whole number in decimal. */
char *put_number(char *p, uint32_t value);

/* put_small: writes a |value| below 1000, faster than put_number. */
static inline char *put_small(char *p, unsigned value) {
  *p = (char)('0' + value / 100);
  p += value > 99;
  *p = (char)('0' + value / 10 % 10);
  p += value > 9;
  *p = (char)('0' + value % 10);
  return p + 1;
}

/* put_run: writes |n| bytes in runs of TEXT_RUN, which is fast. It reads and
 * writes up to TEXT_RUN bytes too many. */
static inline char *put_run(char *p, const char *s, size_t n) {
  for (size_t i = 0; i < n; i += TEXT_RUN) memcpy(p + i, s + i, TEXT_RUN);
  return p + n;
}

/* put_member: writes |name|, which includes quotes and colon, and |value|. */
static inline char *put_member(char *p, const char *name, uint32_t value) {
  return put_number(put_word(p, name), value);
}

/* put_if: writes |word| if |set| is not 0. */
static inline char *put_if(char *p, unsigned set, const char *word) {
  return set ? put_word(p, word) : p;
}

/* put_ms: writes |ms|, rounded half up to three decimals; "null" if it is not
 * finite or above 2^53 us. */
char *put_ms(char *p, double ms);

/* put_seconds: writes |s| >= 0, rounded half up to six decimals; "null" for
 * anything else. Exact for unix times since 2004, of which a double has 22
 * binary places; before that the last digit may be wrong by one. */
char *put_seconds(char *p, double s);

/* put_address: writes an address of |family| 4 or 6; IPv6 as in RFC 5952. */
char *put_address(char *p, const uint8_t *addr, unsigned family);

/* text_quote: appends |n| bytes as a JSON string. Control characters, quotes
 * and backslashes are escaped; each byte that is not UTF-8 (RFC 3629 section 4)
 * becomes U+FFFD. */
void text_quote(struct text *t, const uint8_t *s, size_t n);

#endif
