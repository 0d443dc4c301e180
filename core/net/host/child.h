/* SPDX-License-Identifier: MIT
 *
 * child.h: a helper program on three pipes, one for each direction and one for
 * what it complains about. It is started by absolute path with an empty
 * environment, in a process group of its own (so that a ^C is ours, not its),
 * with few descriptors and none of ours, and ends with us.
 */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum { CHILD_FILES = 1024, CHILD_WORDS = 512 };

struct child {
  pid_t pid;             /* 0: none */
  pid_t owner;           /* who started it; a fork of us leaves it alone */
  int in;                /* we write its input; -1 closed */
  int in_end;            /* what it reads, open here too: then nothing that is
                          * written to a dead child raises SIGPIPE */
  int out;               /* we read its output */
  int err;               /* we read its complaints */
  size_t heard;          /* bytes of those so far */
  int paused;            /* 1: their last line has ended */
  char words[CHILD_WORDS];   /* the first of them, as one line */
};

/* child_start: runs |path|. 0 or -ENOENT, -EACCES, -EMFILE, -EAGAIN...: also
 * when the program could not be executed. */
int child_start(struct child *c, const char *path);

/* child_listen: reads some of what it complains about into |words|. */
void child_listen(struct child *c);

/* child_end: closes the pipes, kills it with all that it has started, and reaps
 * it; nothing happens twice. */
void child_end(struct child *c);

/* child_find: the first executable file |name| in |dirs| ("/a:/b"), written to
 * |out|[|size|]. 0 or -ENOENT. */
int child_find(const char *name, const char *dirs, char *out, size_t size);

/* child_locate: the same in $PATH, but for a privileged process only in the
 * system's own directories. */
int child_locate(const char *name, char *out, size_t size);

#endif
