/* SPDX-License-Identifier: MIT
 *
 * Writes bytes as text, as scamper's control socket sends records: lines of at
 * most 45 bytes. A line begins with a character for the number of its bytes;
 * four characters stand for three bytes, each for six bits. Zero is a
 * backquote. A line with only a backquote ends the text.
 */
#include <errno.h>

#include "mtr.h"

enum { LINE = 45 };

static const char code[64 + 1] =
    "`!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_";

/* Writes three bytes at |p|; returns where the next ones go. */
static inline char *three(char *p, unsigned a, unsigned b, unsigned c) {
  p[0] = code[a >> 2];
  p[1] = code[(a & 3) << 4 | b >> 4];
  p[2] = code[(b & 15) << 2 | c >> 6];
  p[3] = code[c & 63];
  return p + 4;
}

/* Writes a line of |n| bytes. */
static char *line(char *p, const uint8_t *b, unsigned n) {
  *p++ = code[n];
  for (; n >= 3; n -= 3, b += 3) p = three(p, b[0], b[1], b[2]);
  if (n) p = three(p, b[0], n > 1 ? b[1] : 0, 0);
  *p++ = '\n';
  return p;
}

int mtr_uuencode(const uint8_t *bytes, uint32_t n, char *buf, uint32_t size) {
  uint64_t lines = (n + LINE - 1ull) / LINE;
  uint64_t length = (n + 2ull) / 3 * 4 + lines * 2 + 2;
  char *p = buf;
  if (length > size || length > INT32_MAX) return -EMSGSIZE;
  for (; n > LINE; n -= LINE, bytes += LINE) p = line(p, bytes, LINE);
  if (n) p = line(p, bytes, n);
  *p++ = '`';
  *p++ = '\n';
  return (int)length;
}
