/* SPDX-License-Identifier: MIT */
#include "net/host/nameserver.h"

#include <sys/socket.h>
#include <unistd.h>

static ares_socket_t open_socket(int family, int type, int protocol,
                                 void *data) {
  (void)data;
  return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

static int close_socket(ares_socket_t fd, void *data) {
  (void)data;
  return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to,
                          ares_socklen_t size, void *data) {
  (void)data;
  return connect(fd, to, size);
}

static ares_ssize_t receive(ares_socket_t fd, void *out, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *from_size,
                            void *data) {
  (void)data;
  return recvfrom(fd, out, size, flags, from, from_size);
}

static ares_ssize_t send_parts(ares_socket_t fd, const struct iovec *parts,
                               int n, void *data) {
  struct msghdr m = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)n};
  (void)data;
  return sendmsg(fd, &m, MSG_NOSIGNAL);
}

const struct ares_socket_functions nameserver_sockets = {
    open_socket, close_socket, connect_socket, receive, send_parts};
