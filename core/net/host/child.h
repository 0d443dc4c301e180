/* SPDX-License-Identifier: MIT
 *
 * child.h: a helper program with three pipes: input, output and error messages.
 * It is started by absolute path with an empty environment, and inherits no
 * descriptors but the pipes. It is in a new process group, so that ^C reaches
 * only us. It ends when we end.
 */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum { CHILD_FILES = 1024, CHILD_WORDS = 512 };

struct child {
  pid_t pid;             /* 0: none */
  pid_t owner;           /* the process that started it; a forked child of this
                          * process does not touch it */
  int in;                /* for writing its input; -1: closed */
  int in_end;            /* the end that it reads, open here too: writing to a
                          * dead child then raises no SIGPIPE */
  int out;               /* for reading its output */
  int err;               /* for reading its error messages */
  size_t heard;          /* bytes of error messages so far */
  int paused;            /* 1: their last line has ended */
  char words[CHILD_WORDS];   /* the first error messages, as one line */
};

/* child_start: runs |path|. 0, or -ENOENT, -EACCES, -EMFILE, -EAGAIN ..., also
 * if the program could not be executed. */
int child_start(struct child *c, const char *path);

/* child_listen: reads error messages into |words|. */
void child_listen(struct child *c);

/* child_end: closes the pipes, kills the program with all that it has started,
 * and reaps it. It may be called again. */
void child_end(struct child *c);

/* child_find: writes the first executable file |name| in |dirs| ("/a:/b") into
 * |out|[|size|]. 0 or -ENOENT. */
int child_find(const char *name, const char *dirs, char *out, size_t size);

/* child_locate: does the same with $PATH; in a privileged process with the
 * directories of the system. */
int child_locate(const char *name, char *out, size_t size);

#endif
