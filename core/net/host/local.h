/* SPDX-License-Identifier: MIT
 *
 * local.h: a socket at a path of this host, and the programs that connect to
 * it. The kernel says which user each of them belongs to.
 */
#ifndef HOST_LOCAL_H
#define HOST_LOCAL_H

#include <stdint.h>

/* local_listen, local_unlisten, local_accept, local_member, local_gone,
 * local_hangup: do what the functions mtr_local_listen ... promise. */
int local_listen(const char *path, uint32_t mode);
int local_unlisten(int fd, const char *path);
int local_accept(int fd, int32_t *connection, uint32_t *who);
int local_member(int fd, uint32_t gid);
int local_gone(int fd);
void local_hangup(const int32_t *connection);

#endif
