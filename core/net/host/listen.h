/* SPDX-License-Identifier: MIT
 *
 * listen.h: TCP sockets that serve clients. None of the calls blocks.
 */
#ifndef HOST_LISTEN_H
#define HOST_LISTEN_H

#include <stdint.h>

/* listen_open, listen_accept, listen_send: do what mtr_listen, mtr_accept and
 * mtr_send promise. */
int listen_open(const uint8_t *addr, uint32_t family, uint32_t *port);
int listen_accept(int fd);
int listen_send(int fd, const void *bytes, uint32_t size);

#endif
