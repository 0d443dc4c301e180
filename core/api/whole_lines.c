/* SPDX-License-Identifier: MIT
 *
 * Collects results as lines of JSON in memory of the caller; and writes lines
 * of text to the descriptor of a stdio file, without copying them into the
 * file's buffer: one write of 256 KiB costs the kernel less than many of 4 KiB.
 * The file's buffer is written first, so that the order of the output stays.
 *
 * If a full disk took only part of a line, the part is overwritten with blanks,
 * so that the file has whole lines only. Wrong if somebody else writes to the
 * same file at the same time. In a pipe the part stays.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mtr.h"

/* Overwrites with blanks the part of a line at the end of |bytes|[|n|], the
 * last bytes written to |fd|. */
static void blank(int fd, const char *bytes, uint32_t n) {
  char spaces[512];
  const char *newline = memrchr(bytes, '\n', n);
  uint32_t rest = newline ? (uint32_t)(bytes + n - 1 - newline) : n, done;
  if (!rest || lseek(fd, -(off_t)rest, SEEK_CUR) < 0) return;
  memset(spaces, ' ', sizeof spaces);
  for (int err = 0; rest && !err; rest -= done)
    err = mtr_output_write(fd, spaces,
                           rest < sizeof spaces ? rest : sizeof spaces, &done);
}

int mtr_write_lines(void *file, const char *bytes, uint32_t size) {
  uint32_t done;
  if (fflush(file)) return -errno;
  int fd = fileno(file);
  int err = mtr_output_write(fd, bytes, size, &done);
  if (err) blank(fd, bytes, done);
  return err;
}

int mtr_json_line(struct mtr *m, uint32_t trace, char *buf, uint32_t size,
                  uint32_t *used) {
  if (*used > size) return -EINVAL;
  int n = mtr_json(m, trace, buf + *used, size - *used);
  if (n < 0) return n;
  if ((uint32_t)n >= size - *used) return -EMSGSIZE;
  buf[*used + (uint32_t)n] = '\n';
  *used += (uint32_t)n + 1;
  return 0;
}
