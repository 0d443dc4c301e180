/* SPDX-License-Identifier: MIT
 *
 * Reads a line of a text file, byte by byte from the buffer of stdio, so that
 * the file may be a terminal or a pipe, and so that zero bytes are seen:
 * fgets(3) would hide what follows them. After a CR the next byte is looked at,
 * because LF may follow: a line that ends with CR alone is complete when the
 * next byte is there.
 */
#include <errno.h>
#include <stdio.h>

#include "mtr.h"

static int end_of(FILE *file, int c) {
  if (c == '\n') return MTR_LINE_LF;
  int next = getc_unlocked(file);
  if (next == '\n') return MTR_LINE_CR | MTR_LINE_LF;
  if (next != EOF) ungetc(next, file);
  return MTR_LINE_CR;
}

int mtr_read_line(void *file, char *buf, uint32_t size, uint32_t *length) {
  uint32_t n = 0;
  int flags = 0, c = 0;
  errno = 0;
  while (n + 1 < size && (c = getc_unlocked((FILE *)file)) != EOF) {
    flags |= c ? MTR_LINE : MTR_LINE | MTR_LINE_NUL;
    if (c == '\n' || c == '\r') {
      flags |= end_of(file, c);
      break;
    }
    buf[n++] = (char)c;
  }
  buf[n] = 0;
  *length = n;
  if (!flags && c == EOF && ferror((FILE *)file)) return -(errno ? errno : EIO);
  return flags;
}
