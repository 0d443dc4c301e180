/* SPDX-License-Identifier: MIT
 *
 * child.h: a helper program with three pipes: input, output and error messages.
 * It is started by absolute path with an empty environment, and inherits no
 * descriptors but the pipes. It is in a new process group, so that ^C reaches
 * only us. It ends when we end.
 *
 * A process that can get no new privileges (no_new_privs) cannot give a program
 * the privilege of its file. Then a starter (starter.h), which
 * was made before, starts the program for it.
 */
#ifndef HOST_CHILD_H
#define HOST_CHILD_H

#include <stddef.h>
#include <sys/types.h>

enum { CHILD_FILES = 1024, CHILD_WORDS = 512, CHILD_PATH = 256 };

/* The ends of pipes that a program gets; CHILD_SAY: how the start went. */
enum { CHILD_IN, CHILD_OUT, CHILD_ERR, CHILD_SAY, CHILD_PIPES };

/* Asks a starter to end |end|, or, if that is 0, to start |path|. With it come
 * the pipes, or one pipe that the starter closes when the program has ended. */
struct child_request {
  pid_t end;
  char path[CHILD_PATH];
};

/* What comes through CHILD_SAY. */
struct child_news {
  int code;              /* errno of the exec; 0: |pid| has been started */
  pid_t pid;
};

struct child {
  pid_t pid;             /* 0: none */
  pid_t owner;           /* the process that started it; a forked child of this
                          * process does not touch it */
  int starter;           /* its starter; -1: this process */
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

/* child_start_by: does the same through the starter |starter|; -1: none. Also
 * -ENAMETOOLONG, and -EPIPE: the starter has ended. */
int child_start_by(struct child *c, const char *path, int starter);

/* child_start_over: starts |path| with the sockets |in| and |out| as standard
 * input and output, which stay the caller's, and no error messages. */
int child_start_over(struct child *c, const char *path, int starter, int in,
                     int out);

/* child_become: runs |path| in this process, a child of |parent|, and never
 * returns. Writes a failure to CHILD_SAY. child_reap: kills and reaps a child
 * of this process. Both are for starters. */
void child_become(const char *path, const int pipes[CHILD_PIPES],
                  pid_t parent);
void child_reap(pid_t pid);

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
