/* SPDX-License-Identifier: MIT
 *
 * Opens the files that results are written to. Such a file is only appended to
 * or cut back, and it is locked, so that two processes do not mix their
 * results. The kernel releases the lock when the process ends, however it ends.
 *
 * The lock is one of flock(2): it also refuses a second use in this process.
 * One of fcntl(2) beside it shows other processes which process has the file;
 * it may be missing. Pipes, terminals and devices are not locked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mtr.h"

static int lock(int fd, int32_t *holder) {
  struct flock note = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  int err = flock(fd, LOCK_EX | LOCK_NB) ? -errno : 0;
  if (err != -EWOULDBLOCK) return 0;   /* a file system without locks */
  if (!fcntl(fd, F_GETLK, &note) && note.l_type != F_UNLCK && note.l_pid > 0)
    *holder = note.l_pid;
  return err;
}

/* Ends the last line of the file if it has no end. */
static int end_line(const char *path, int fd) {
  char last = '\n';
  int in = open(path, O_RDONLY | O_CLOEXEC);
  if (in < 0) return 0;                /* it may be for writing only */
  off_t size = lseek(in, 0, SEEK_END);
  if (size > 0 && pread(in, &last, 1, size - 1) < 0) last = '\n';
  close(in);
  return last != '\n' && write(fd, "\n", 1) < 0 ? -errno : 0;
}

/* Says who has the file. Closing any descriptor of the file takes that away, so
 * it comes last. */
static void leave_note(int fd) {
  struct flock note = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  fcntl(fd, F_SETLK, &note);
}

int mtr_output_open(const char *path, uint32_t flags, int32_t *holder) {
  *holder = 0;
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return -errno;
  if (mtr_output_kind(fd) != MTR_OUTPUT_FILE) return fd;
  int err = lock(fd, holder);
  if (!err && flags & MTR_OUTPUT_OVERWRITE && ftruncate(fd, 0)) err = -errno;
  if (!err && flags & MTR_OUTPUT_LINES) err = end_line(path, fd);
  leave_note(fd);
  if (!err) return fd;
  close(fd);
  return err;
}

int mtr_output_kind(int fd) {
  struct stat s;
  if (fstat(fd, &s)) return -errno;
  if (S_ISREG(s.st_mode)) return MTR_OUTPUT_FILE;
  return isatty(fd) ? MTR_OUTPUT_TERMINAL : MTR_OUTPUT_OTHER;
}

double mtr_output_length(int fd) {
  struct stat s;
  return fstat(fd, &s) ? -errno : (double)s.st_size;
}

double mtr_output_sum(int fd, const char *path, double length) {
  unsigned char last[64];
  struct stat ours, there;
  off_t end = (off_t)length, from = end > 64 ? end - 64 : 0;
  if (fstat(fd, &ours)) return -errno;
  if (stat(path, &there)) return -errno;
  if (ours.st_ino != there.st_ino || ours.st_dev != there.st_dev)
    return -ENOENT;
  int in = open(path, O_RDONLY | O_CLOEXEC);
  if (in < 0) return -errno;
  ssize_t n = pread(in, last, (size_t)(end - from), from);
  int err = n < 0 ? -errno : 0;
  close(in);
  leave_note(fd);
  if (err) return err;
  uint32_t sum = 2166136261u;          /* FNV-1a */
  for (ssize_t i = 0; i < n; i++) sum = (sum ^ last[i]) * 16777619u;
  return sum;
}

int mtr_output_cut(int fd, double length) {
  if (ftruncate(fd, (off_t)length)) return -errno;
  return lseek(fd, 0, SEEK_END) < 0 ? -errno : 0;
}

int mtr_output_write(int fd, const void *bytes, uint32_t size,
                     uint32_t *done) {
  for (*done = 0; *done < size;) {
    ssize_t n = write(fd, (const char *)bytes + *done, size - *done);
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

int mtr_output_sync(int fd) {
  if (!fdatasync(fd)) return 0;
  return errno == EINVAL || errno == EROFS ? 0 : -errno;   /* not a disk */
}

int mtr_output_close(int fd) { return close(fd) ? -errno : 0; }
