/* SPDX-License-Identifier: MIT
 *
 * The sockets with which a program serves its figures.
 */
#include "mtr.h"
#include "net/host/listen.h"

int mtr_listen(const uint8_t *addr, uint32_t family, uint32_t *port) {
  return listen_open(addr, family, port);
}

int mtr_accept(int fd) { return listen_accept(fd); }

int mtr_send(int fd, const void *bytes, uint32_t size) {
  return listen_send(fd, bytes, size);
}
