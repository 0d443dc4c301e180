/* SPDX-License-Identifier: MIT */
#include "net/host/entrance.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int entrance_open(struct entrance *e) {
  const char *tmp = secure_getenv("TMPDIR");
  *e = (struct entrance){.fd = -1, .at.sun_family = AF_UNIX};
  int n = snprintf(e->directory, sizeof e->directory, "%s/mtr-XXXXXX",
                   tmp ? tmp : "/tmp");
  if (n >= (int)sizeof e->directory) strcpy(e->directory, "/tmp/mtr-XXXXXX");
  if (!mkdtemp(e->directory)) {
    e->directory[0] = 0;
    return -errno;
  }
  snprintf(e->at.sun_path, sizeof e->at.sun_path, "%s/wake", e->directory);
  e->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (e->fd < 0 || bind(e->fd, (const void *)&e->at, sizeof e->at) ||
      listen(e->fd, 1))
    return -errno;
  return 0;
}

int entrance_take(const struct entrance *e, pid_t pid) {
  struct ucred peer = {.pid = 0};
  socklen_t size = sizeof peer;
  int fd = accept4(e->fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return -errno;
  getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  if (peer.pid == pid) return fd;
  close(fd);
  return -EACCES;
}

void entrance_remove(struct entrance *e) {
  if (!e->directory[0]) return;
  unlink(e->at.sun_path);
  rmdir(e->directory);
  e->directory[0] = 0;
}

void entrance_close(struct entrance *e) {
  if (e->fd >= 0) close(e->fd);
  e->fd = -1;
}
