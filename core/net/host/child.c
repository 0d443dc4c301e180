/* SPDX-License-Identifier: MIT */
#include "net/host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ, WRITE };
enum { IN, OUT, ERR, SAY, PIPES };     /* SAY: the errno of a failed exec */
enum { LISTEN_ROUNDS = 16 };           /* reads in one child_listen */
enum { CLOEXEC_RANGE = 4 };            /* linux/close_range.h */

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Runs between fork and exec, with calls that are safe there. If the host has
 * closed its standard streams, pipes may have their numbers, so all pipes are
 * moved first. */
static void become(const char *path, int pipes[PIPES][2], pid_t parent) {
  char *argv[] = {(char *)path, NULL}, *env[] = {NULL};
  int fd[PIPES] = {pipes[IN][READ], pipes[OUT][WRITE], pipes[ERR][WRITE],
                   pipes[SAY][WRITE]};
  struct rlimit files;
  sigset_t none;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < PIPES; i++) fd[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3);
  if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur > CHILD_FILES) {
    files.rlim_cur = CHILD_FILES;      /* select(2): less than FD_SETSIZE */
    setrlimit(RLIMIT_NOFILE, &files);
  }
  syscall(SYS_close_range, 3u, ~0u, CLOEXEC_RANGE);   /* also the host's */
  if (dup2(fd[IN], 0) >= 0 && dup2(fd[OUT], 1) >= 0 && dup2(fd[ERR], 2) >= 0)
    execve(path, argv, env);
  int code = errno;
  (void)!write(fd[SAY], &code, sizeof code);
  _exit(127);
}

static int nonblocking(int fd) {
  return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) ? -errno : 0;
}

/* Waits for the exec. Returns 0, or the negative errno of its failure. */
static int outcome(int fd) {
  int code = 0;
  ssize_t n;
  do n = read(fd, &code, sizeof code); while (n < 0 && errno == EINTR);
  return n == sizeof code ? -code : 0;
}

int child_start(struct child *c, const char *path) {
  int pipes[PIPES][2], code = 0;
  memset(pipes, -1, sizeof pipes);
  *c = (struct child){.in = -1, .in_end = -1, .out = -1, .err = -1,
                      .owner = getpid()};
  for (int i = 0; i < PIPES && !code; i++)
    if (pipe2(pipes[i], O_CLOEXEC)) code = -errno;
  if (!code) {
    c->pid = fork();
    if (!c->pid) become(path, pipes, c->owner);
    if (c->pid < 0) code = -errno;
  }
  close_fd(&pipes[OUT][WRITE]);
  close_fd(&pipes[ERR][WRITE]);
  close_fd(&pipes[SAY][WRITE]);
  c->in = pipes[IN][WRITE];
  c->in_end = pipes[IN][READ];
  c->out = pipes[OUT][READ];
  c->err = pipes[ERR][READ];
  if (!code) code = outcome(pipes[SAY][READ]);
  close_fd(&pipes[SAY][READ]);
  if (!code) code = nonblocking(c->in);
  if (!code) code = nonblocking(c->out);
  if (!code) code = nonblocking(c->err);
  if (code) child_end(c);
  return code;
}

/* Adds |text| to |words|. Line ends become "; ", and other bytes that cannot be
 * printed become "?". */
static void note(struct child *c, const char *text, size_t n) {
  size_t used = strlen(c->words);
  for (size_t i = 0; i < n && used + 4 < sizeof c->words; i++) {
    if (text[i] == '\n') {
      c->paused = 1;
      continue;
    }
    if (c->paused && used) {
      c->words[used++] = ';';
      c->words[used++] = ' ';
    }
    c->paused = 0;
    c->words[used++] = text[i] >= ' ' && text[i] < 127 ? text[i] : '?';
  }
  c->words[used] = 0;
}

void child_listen(struct child *c) {
  char text[1024];
  ssize_t n;
  for (int i = 0; i < LISTEN_ROUNDS && c->err >= 0; i++) {
    n = read(c->err, text, sizeof text);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    if (!n) {
      close_fd(&c->err);
      return;
    }
    c->heard += (size_t)n;
    note(c, text, (size_t)n);
  }
}

void child_end(struct child *c) {
  close_fd(&c->in);
  close_fd(&c->in_end);
  close_fd(&c->out);
  close_fd(&c->err);
  if (c->pid > 0 && c->owner == getpid()) {
    kill(-c->pid, SIGKILL);            /* the processes that it has started */
    int refused = kill(c->pid, SIGKILL);             /* if it is setuid */
    while (waitpid(c->pid, NULL, refused ? WNOHANG : 0) < 0 && errno == EINTR)
      continue;
  }
  c->pid = 0;
}

int child_find(const char *name, const char *dirs, char *out, size_t size) {
  while (*dirs) {
    size_t n = strcspn(dirs, ":");
    struct stat st;
    int k = snprintf(out, size, "%.*s/%s", (int)n, dirs, name);
    if (dirs[0] == '/' && k > 0 && (size_t)k < size && !stat(out, &st) &&
        S_ISREG(st.st_mode) && !access(out, X_OK))
      return 0;
    dirs += n + (dirs[n] == ':');
  }
  return -ENOENT;
}

int child_locate(const char *name, char *out, size_t size) {
  static const char system[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:"
                               "/usr/bin:/sbin:/bin";
  const char *path = geteuid() ? secure_getenv("PATH") : NULL;
  if (path && !child_find(name, path, out, size)) return 0;
  return child_find(name, system, out, size);
}
