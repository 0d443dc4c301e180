/* SPDX-License-Identifier: MIT */
#include "net/host/listen.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 64 };

union where {
  struct sockaddr any;
  struct sockaddr_in in4;
  struct sockaddr_in6 in6;
};

static socklen_t fill(union where *w, const uint8_t *addr, uint32_t family,
                      uint16_t port) {
  memset(w, 0, sizeof *w);
  if (family == 4) {
    w->in4.sin_family = AF_INET;
    w->in4.sin_port = htons(port);
    memcpy(&w->in4.sin_addr, addr, 4);
    return sizeof w->in4;
  }
  w->in6.sin6_family = AF_INET6;
  w->in6.sin6_port = htons(port);
  memcpy(&w->in6.sin6_addr, addr, 16);
  return sizeof w->in6;
}

int listen_open(const uint8_t *addr, uint32_t family, uint32_t *port) {
  union where w;
  if ((family != 4 && family != 6) || *port > 65535) return -EINVAL;
  socklen_t size = fill(&w, addr, family, (uint16_t)*port);
  int yes = 1, domain = family == 4 ? AF_INET : AF_INET6;
  int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  /* The sockets of clients inherit it: short answers go out at once. */
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (family == 6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  if (bind(fd, &w.any, size) || listen(fd, BACKLOG) ||
      getsockname(fd, &w.any, &size)) {
    int err = -errno;
    close(fd);
    return err;
  }
  *port = ntohs(family == 4 ? w.in4.sin_port : w.in6.sin6_port);
  return fd;
}

int listen_accept(int fd) {
  int client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client >= 0) return client;
  /* A client that has gone is not an error of the server. */
  return errno == ECONNABORTED || errno == EINTR ? -EAGAIN : -errno;
}

int listen_send(int fd, const void *bytes, uint32_t size) {
  ssize_t n = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  return n < 0 ? -errno : (int)n;
}
