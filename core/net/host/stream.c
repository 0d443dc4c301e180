/* SPDX-License-Identifier: MIT
 *
 * stream.c: reads and writes without blocking. RWF_NOWAIT does it in one call.
 * Where that is not supported, poll is asked first: a pipe or terminal that is
 * writable takes a page without blocking. This fails, and a write may block, if
 * another process fills the same pipe between poll and write.
 */
#include "net/host/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECE = 4096 };                 /* PIPE_BUF of Linux, at most a page */

/* Returns 1 if |fd| is ready for |events|, or has an error or its end to
 * report; otherwise -EAGAIN or another negative errno. */
static int ready(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  int n = poll(&p, 1, 0);
  if (n < 0) return -errno;
  if (n && p.revents & POLLNVAL) return -EBADF;
  return n ? 1 : -EAGAIN;
}

/* Whether to try a failed call in the other way: RWF_NOWAIT is not supported
 * here, or the bytes of a file are not in memory. */
static int again(void) {
  return errno == EOPNOTSUPP || errno == ENOSYS || errno == EAGAIN;
}

int stream_read(int fd, void *out, uint32_t size) {
  struct iovec v = {out, size};
  ssize_t n = preadv2(fd, &v, 1, -1, RWF_NOWAIT);
  if (n < 0 && again()) {
    int err = ready(fd, POLLIN);
    if (err < 0) return err;
    n = read(fd, out, size);
  }
  return n < 0 ? -errno : (int)n;
}

static int piece(int fd, const uint8_t *bytes, uint32_t size) {
  struct iovec v = {(void *)bytes, size};
  ssize_t n = pwritev2(fd, &v, 1, -1, RWF_NOWAIT);
  if (n < 0 && again()) {
    int err = ready(fd, POLLOUT);
    if (err < 0) return err;
    n = write(fd, bytes, size < PIECE ? size : PIECE);
  }
  return n < 0 ? -errno : (int)n;
}

int stream_write(int fd, const void *bytes, uint32_t size) {
  const uint8_t *p = bytes;
  uint32_t done = 0;
  while (done < size) {
    int n = piece(fd, p + done, size - done);
    if (n == -EINTR) continue;
    if (n < 0) return done ? (int)done : n;
    done += (uint32_t)n;
  }
  return (int)done;
}
