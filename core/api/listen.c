/* SPDX-License-Identifier: MIT
 *
 * Sockets to which clients connect, and connections to servers: over TCP, or at
 * a path of this host.
 */
#include "mtr.h"
#include "net/host/connect.h"
#include "net/host/listen.h"
#include "net/host/local.h"

int mtr_listen(const uint8_t *addr, uint32_t family, uint32_t *port) {
  return listen_open(addr, family, port);
}

int mtr_accept(int fd) { return listen_accept(fd); }

int mtr_send(int fd, const void *bytes, uint32_t size) {
  return listen_send(fd, bytes, size);
}

int mtr_local_listen(const char *path, uint32_t mode) {
  return local_listen(path, mode);
}

int mtr_local_unlisten(int fd, const char *path) {
  return local_unlisten(fd, path);
}

int mtr_local_accept(int fd, int32_t *connection, uint32_t *who) {
  return local_accept(fd, connection, who);
}

int mtr_local_member(int fd, uint32_t gid) { return local_member(fd, gid); }

int mtr_local_gone(int fd) { return local_gone(fd); }

void mtr_local_hangup(const int32_t *connection) { local_hangup(connection); }

int mtr_connect(const uint8_t *addr, uint32_t family, uint32_t port,
                int32_t *connection) {
  return connect_open(addr, family, port, connection);
}

int mtr_local_connect(const char *path, int32_t *connection) {
  return connect_local(path, connection);
}

int mtr_connected(int fd) { return connect_state(fd); }

int mtr_ticker(uint32_t ms) { return connect_ticker(ms); }
