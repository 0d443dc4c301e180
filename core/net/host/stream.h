/* SPDX-License-Identifier: MIT
 *
 * stream.h: reads and writes descriptors of users without ever blocking,
 * whatever their flags are and whichever other programs use them.
 */
#ifndef HOST_STREAM_H
#define HOST_STREAM_H

#include <stdint.h>

/* stream_read, stream_write: do what mtr_read and mtr_write promise. */
int stream_read(int fd, void *out, uint32_t size);
int stream_write(int fd, const void *bytes, uint32_t size);

#endif
