/* SPDX-License-Identifier: MIT
 *
 * connect.h: connections to servers, and a clock that can be watched like
 * them. None of the calls blocks.
 */
#ifndef HOST_CONNECT_H
#define HOST_CONNECT_H

#include <stdint.h>

/* connect_open, connect_local, connect_state, connect_ticker: do what
 * mtr_connect, mtr_local_connect, mtr_connected and mtr_ticker promise. */
int connect_open(const uint8_t *addr, uint32_t family, uint32_t port,
                 int32_t *connection);
int connect_local(const char *path, int32_t *connection);
int connect_state(int fd);
int connect_ticker(uint32_t ms);

#endif
