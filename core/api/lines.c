/* SPDX-License-Identifier: MIT
 *
 * Lines of text, such as results as JSON, gathered in memory of the caller's
 * and written from there to where a stdio file goes, past its own buffer: 256
 * KiB at once cost the kernel less than 4, and are not copied before. What the
 * file has in its buffer goes first, so that other output stays in its place.
 *
 * The part of a line that a full disk took is made blank, so that what is there
 * reads as whole lines. Wrong if someone else writes to the same place at the
 * same time; and a pipe gives nothing back.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mtr.h"

/* Writes all, waits for room. What was taken in |*done|. */
static int write_all(int fd, const char *bytes, uint32_t size,
                     uint32_t *done) {
  for (*done = 0; *done < size;) {
    ssize_t n = write(fd, bytes + *done, size - *done);
    if (n >= 0) {
      *done += (uint32_t)n;
    } else if (errno == EAGAIN) {
      poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
    } else if (errno != EINTR) {
      return -errno;
    }
  }
  return 0;
}

/* Of |n| bytes, which are the last in |fd|, blanks those of a line begun. */
static void blank(int fd, const char *bytes, uint32_t n) {
  char spaces[512];
  const char *newline = memrchr(bytes, '\n', n);
  uint32_t rest = newline ? (uint32_t)(bytes + n - 1 - newline) : n, done;
  if (!rest || lseek(fd, -(off_t)rest, SEEK_CUR) < 0) return;
  memset(spaces, ' ', sizeof spaces);
  for (int err = 0; rest && !err; rest -= done)
    err = write_all(fd, spaces, rest < sizeof spaces ? rest : sizeof spaces,
                    &done);
}

int mtr_write_lines(void *file, const char *bytes, uint32_t size) {
  uint32_t done;
  if (fflush(file)) return -errno;
  int fd = fileno(file), err = write_all(fd, bytes, size, &done);
  if (err) blank(fd, bytes, done);
  return err;
}

int mtr_json_line(struct mtr *m, uint32_t trace, void *file, char *buf,
                  uint32_t size, uint32_t *used) {
  if (*used > size) return -EINVAL;
  int n = mtr_json(m, trace, buf + *used, size - *used);
  if (n >= 0 && (uint32_t)n >= size - *used) {
    uint32_t before = *used;
    *used = 0;
    int err = mtr_write_lines(file, buf, before);
    if (err) return err;
    n = mtr_json(m, trace, buf, size);
  }
  if (n < 0) return n;
  if ((uint32_t)n >= size) return -EMSGSIZE;
  buf[*used + (uint32_t)n] = '\n';
  *used += (uint32_t)n + 1;
  return 0;
}
