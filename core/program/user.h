/* SPDX-License-Identifier: MIT
 *
 * user.h: which user a process of root becomes: the one of --user, else the one
 * who called sudo(8), else it stays root.
 */
#ifndef PROGRAM_USER_H
#define PROGRAM_USER_H

#include <stddef.h>
#include <sys/types.h>

/* A user to become. */
struct user {
  int other;             /* 1: somebody else than this process is; else the
                          * fields below are not set */
  uid_t uid;
  gid_t gid;
  char name[64];         /* "": the system does not know the user */
  char home[256];        /* "": likewise */
};

/* user_find: fills |u|. |asked| is the value of --user, or NULL. Returns 0; or
 * a negative errno and writes what is wrong into |why|[|size|]: -ENOENT, there
 * is no such user; -EPERM, only root can become another user. */
int user_find(struct user *u, const char *asked, char *why, size_t size);

/* user_become: becomes |u|, with the user's groups, and sets the user's HOME,
 * USER and LOGNAME. 0 or a negative errno; then the program must end. */
int user_become(const struct user *u);

#endif
