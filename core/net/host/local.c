/* SPDX-License-Identifier: MIT
 *
 * local.c: a server may have died and left its socket file. Whether it lives is
 * found by connecting: the kernel refuses if nobody listens. From this test to
 * the new socket the directory is locked, so that of two servers that start at
 * once only one gets the path. A program that does not lock the directory and
 * makes the same path at that moment can still lose its file.
 */
#include "net/host/local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 128 };                /* clients that wait to be accepted */

static int address(const char *path, struct sockaddr_un *a) {
  size_t n = strlen(path);
  if (!n) return -EINVAL;
  if (n >= sizeof a->sun_path) return -ENAMETOOLONG;
  *a = (struct sockaddr_un){.sun_family = AF_UNIX};
  memcpy(a->sun_path, path, n);
  return 0;
}

static int open_socket(void) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  return fd < 0 ? -errno : fd;
}

/* Locks the directory of |a|. Returns a descriptor; closing it unlocks. */
static int lock(const struct sockaddr_un *a) {
  struct sockaddr_un dir = *a;
  char *slash = strrchr(dir.sun_path, '/');
  if (slash) slash[slash == dir.sun_path] = '\0';
  int fd = open(slash ? dir.sun_path : ".",
                O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  /* A file system without locks: two servers must not start at once. */
  if (flock(fd, LOCK_EX) == 0 || errno != EINTR) return fd;
  close(fd);
  return -EINTR;
}

/* Removes the socket file if nobody listens. 0: there is no file any more;
 * -EADDRINUSE: somebody listens; -EEXIST: it is no socket. */
static int remove_dead(const struct sockaddr_un *a) {
  struct stat s;
  if (lstat(a->sun_path, &s)) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(s.st_mode)) return -EEXIST;
  int fd = open_socket();
  if (fd < 0) return fd;
  int err = connect(fd, (const struct sockaddr *)a, sizeof *a) ? errno : 0;
  close(fd);
  if (!err || err == EAGAIN) return -EADDRINUSE;
  if (err != ECONNREFUSED) return -err;
  return unlink(a->sun_path) ? -errno : 0;
}

static int make(int fd, const struct sockaddr_un *a, uint32_t mode) {
  int err = remove_dead(a);
  if (err) return err;
  /* The file gets the mode of the socket without the bits of the umask: at no
   * moment can more users connect than |mode| allows. */
  if (fchmod(fd, mode)) return -errno;
  if (bind(fd, (const struct sockaddr *)a, sizeof *a)) return -errno;
  if (chmod(a->sun_path, mode) || listen(fd, BACKLOG)) {
    err = -errno;
    unlink(a->sun_path);
  }
  return err;
}

int local_listen(const char *path, uint32_t mode) {
  struct sockaddr_un a;
  int err = address(path, &a);
  if (err) return err;
  int locked = lock(&a);
  if (locked < 0) return locked;
  int fd = open_socket();
  err = fd < 0 ? fd : make(fd, &a, mode);
  close(locked);
  if (err >= 0) return fd;
  if (fd >= 0) close(fd);
  return err;
}

int local_unlisten(int fd, const char *path) {
  struct sockaddr_un a;
  close(fd);
  int err = address(path, &a), locked = err ? err : lock(&a);
  if (locked < 0) return locked;
  err = remove_dead(&a);
  close(locked);
  return err;
}

int local_accept(int fd, int32_t *connection, uint32_t *who) {
  struct ucred peer = {0};
  socklen_t size = sizeof peer;
  int in = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (in < 0) return -errno;
  int out = fcntl(in, F_DUPFD_CLOEXEC, 0);
  if (out < 0 || getsockopt(in, SOL_SOCKET, SO_PEERCRED, &peer, &size)) {
    int err = -errno;
    if (out >= 0) close(out);
    close(in);
    return err;
  }
  connection[0] = in;
  connection[1] = out;
  who[0] = (uint32_t)peer.pid;
  who[1] = peer.uid;
  who[2] = peer.gid;
  who[3] = peer.uid == 0 || peer.uid == geteuid();
  return 0;
}

int local_member(int fd, uint32_t gid) {
  struct ucred peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size)) return -errno;
  if (peer.gid == gid) return 1;
  size = 0;
  if (!getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size)) return 0;
  if (errno != ERANGE) return -errno;
  gid_t *groups = malloc(size);
  if (!groups) return -ENOMEM;
  int found = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size)
                  ? -errno : 0;
  for (socklen_t i = 0; found == 0 && i < size / sizeof *groups; i++)
    if (groups[i] == gid) found = 1;
  free(groups);
  return found;
}

int local_gone(int fd) {
  struct pollfd p = {.fd = fd};
  if (poll(&p, 1, 0) < 0) return -errno;
  return p.revents & (POLLHUP | POLLERR | POLLNVAL) ? 1 : 0;
}

void local_hangup(const int32_t *connection) {
  close(connection[0]);
  close(connection[1]);
}
