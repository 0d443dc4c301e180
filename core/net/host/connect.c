/* SPDX-License-Identifier: MIT */
#include "net/host/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

union server {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
  struct sockaddr_un path;
};

/* Begins a connection to |to|; |connection|[2] gets it and its duplicate. */
static int begin(const union server *to, socklen_t size, int32_t *connection) {
  int family = to->any.sa_family, yes = 1, copy = -1;
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  if (family != AF_UNIX) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  }
  int wrong = connect(fd, &to->any, size) && errno != EINPROGRESS;
  if (!wrong) copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (wrong || copy < 0) {
    int err = -errno;
    close(fd);
    return err;
  }
  connection[0] = fd;
  connection[1] = copy;
  return 0;
}

int connect_open(const uint8_t *addr, uint32_t family, uint32_t port,
                 int32_t *connection) {
  union server to = {0};
  if ((family != 4 && family != 6) || !port || port > 65535) return -EINVAL;
  if (family == 4) {
    to.in4.sin_family = AF_INET;
    to.in4.sin_port = htons((uint16_t)port);
    memcpy(&to.in4.sin_addr, addr, 4);
    return begin(&to, sizeof to.in4, connection);
  }
  to.in6.sin6_family = AF_INET6;
  to.in6.sin6_port = htons((uint16_t)port);
  memcpy(&to.in6.sin6_addr, addr, 16);
  return begin(&to, sizeof to.in6, connection);
}

int connect_local(const char *path, int32_t *connection) {
  union server to = {0};
  size_t size = strlen(path);
  if (!size) return -EINVAL;
  if (size >= sizeof to.path.sun_path) return -ENAMETOOLONG;
  to.path.sun_family = AF_UNIX;
  memcpy(to.path.sun_path, path, size);
  return begin(&to, sizeof to.path, connection);
}

int connect_state(int fd) {
  int err = 0;
  socklen_t size = sizeof err;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &size)) return -errno;
  return -err;
}

int connect_ticker(uint32_t ms) {
  if (!ms) return -EINVAL;
  struct timespec every = {.tv_sec = ms / 1000,
                           .tv_nsec = (long)(ms % 1000) * 1000000};
  struct itimerspec when = {.it_interval = every, .it_value = every};
  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return -errno;
  if (!timerfd_settime(fd, 0, &when, NULL)) return fd;
  int err = -errno;
  close(fd);
  return err;
}
