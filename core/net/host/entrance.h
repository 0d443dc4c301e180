/* SPDX-License-Identifier: MIT
 *
 * entrance.h: a unix socket with a name, for a connection from this process to
 * itself: for programs that cannot be given a descriptor. The name is in a
 * directory that only this user can enter.
 */
#ifndef HOST_ENTRANCE_H
#define HOST_ENTRANCE_H

#include <sys/types.h>
#include <sys/un.h>

struct entrance {
  int fd;                /* readable when there is a connection; -1: none */
  struct sockaddr_un at;
  char directory[64];    /* "": it has been removed */
};

/* entrance_open: makes a directory and the socket in it. 0 or a negative errno,
 * also then |e| must be closed. */
int entrance_open(struct entrance *e);

/* entrance_take: returns the connection that waits, which the caller closes, if
 * the process |pid| made it; any other is refused. -EACCES, -EAGAIN. */
int entrance_take(const struct entrance *e, pid_t pid);

/* entrance_remove: removes the name. entrance_close: closes the socket. */
void entrance_remove(struct entrance *e);
void entrance_close(struct entrance *e);

#endif
