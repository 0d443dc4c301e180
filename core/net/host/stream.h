/* SPDX-License-Identifier: MIT
 *
 * stream.h: reading and writing descriptors of users without ever blocking,
 * whoever else holds them and with whatever flags.
 */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include <stdint.h>

/* stream_read, stream_write: as mtr_read and mtr_write. */
int stream_read(int fd, void *out, uint32_t size);
int stream_write(int fd, const void *bytes, uint32_t size);

#endif
