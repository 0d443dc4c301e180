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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ, WRITE };
enum { LISTEN_ROUNDS = 16 };           /* reads in one child_listen */
enum { CLOEXEC_RANGE = 4 };            /* linux/close_range.h */

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Runs between fork and exec, with calls that are safe there. If the host has
 * closed its standard streams, pipes may have their numbers, so all pipes are
 * moved first. */
void child_become(const char *path, const int pipes[CHILD_PIPES],
                  pid_t parent) {
  char *argv[] = {(char *)path, NULL}, *env[] = {NULL};
  int fd[CHILD_PIPES];
  struct rlimit files;
  sigset_t none;
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
  for (int i = 0; i < CHILD_PIPES; i++)
    fd[i] = fcntl(pipes[i], F_DUPFD_CLOEXEC, 3);
  if (!getrlimit(RLIMIT_NOFILE, &files) && files.rlim_cur > CHILD_FILES) {
    files.rlim_cur = CHILD_FILES;      /* select(2): less than FD_SETSIZE */
    setrlimit(RLIMIT_NOFILE, &files);
  }
  syscall(SYS_close_range, 3u, ~0u, CLOEXEC_RANGE);   /* also the host's */
  if (dup2(fd[CHILD_IN], 0) >= 0 && dup2(fd[CHILD_OUT], 1) >= 0 &&
      dup2(fd[CHILD_ERR], 2) >= 0)
    execve(path, argv, env);
  struct child_news news = {.code = errno};
  (void)!write(fd[CHILD_SAY], &news, sizeof news);
  _exit(127);
}

static int nonblocking(int fd) {
  return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) ? -errno : 0;
}

/* Waits for the exec. Returns 0, or the negative errno of its failure. A
 * starter also gives the pid of the child. */
static int outcome(int fd, pid_t *pid) {
  struct child_news news;
  int code = 0;
  for (;;) {
    ssize_t n = read(fd, &news, sizeof news);
    if (n < 0 && errno == EINTR) continue;
    if (n != sizeof news) break;
    if (news.code) code = -news.code;
    else *pid = news.pid;
  }
  return code || *pid ? code : -EPIPE;
}

/* Sends |r| with |n| descriptors to a starter. 0 or a negative errno. */
static int ask(int starter, struct child_request *r, const int *fd, size_t n) {
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(CHILD_PIPES * sizeof *fd)] = {
      0};
  struct iovec bytes = {r, sizeof *r};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room,
                     .msg_controllen = CMSG_SPACE(n * sizeof *fd)};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  ssize_t sent;
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(n * sizeof *fd);
  memcpy(CMSG_DATA(c), fd, n * sizeof *fd);
  do sent = sendmsg(starter, &m, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

static int ask_start(int starter, const char *path, const int fd[CHILD_PIPES]) {
  struct child_request r = {.end = 0};
  if (strlen(path) >= sizeof r.path) return -ENAMETOOLONG;
  strcpy(r.path, path);
  return ask(starter, &r, fd, CHILD_PIPES);
}

/* Has the starter end |pid|, and waits for that. */
static void ask_end(int starter, pid_t pid) {
  struct child_request r = {.end = pid};
  int done[2];
  char byte;
  if (pipe2(done, O_CLOEXEC)) return;
  int err = ask(starter, &r, &done[WRITE], 1);
  close(done[WRITE]);
  while (!err && read(done[READ], &byte, 1) < 0 && errno == EINTR) continue;
  close(done[READ]);
}

int child_start(struct child *c, const char *path) {
  return child_start_by(c, path, -1);
}

/* Starts |path| with |theirs|, whose last is |say|. */
static int launch(struct child *c, const char *path,
                  const int theirs[CHILD_PIPES], int say[2]) {
  int code = 0;
  if (c->starter >= 0) {
    code = ask_start(c->starter, path, theirs);
  } else {
    c->pid = fork();
    if (!c->pid) child_become(path, theirs, c->owner);
    if (c->pid < 0) code = -errno;
  }
  close_fd(&say[WRITE]);
  return code ? code : outcome(say[READ], &c->pid);
}

static void prepare(struct child *c, int starter) {
  *c = (struct child){.in = -1, .in_end = -1, .out = -1, .err = -1,
                      .owner = getpid(), .starter = starter};
}

int child_start_by(struct child *c, const char *path, int starter) {
  int pipes[CHILD_PIPES][2], code = 0;
  memset(pipes, -1, sizeof pipes);
  prepare(c, starter);
  for (int i = 0; i < CHILD_PIPES && !code; i++)
    if (pipe2(pipes[i], O_CLOEXEC)) code = -errno;
  const int theirs[CHILD_PIPES] = {
      pipes[CHILD_IN][READ], pipes[CHILD_OUT][WRITE], pipes[CHILD_ERR][WRITE],
      pipes[CHILD_SAY][WRITE]};
  if (!code) code = launch(c, path, theirs, pipes[CHILD_SAY]);
  close_fd(&pipes[CHILD_OUT][WRITE]);
  close_fd(&pipes[CHILD_ERR][WRITE]);
  close_fd(&pipes[CHILD_SAY][WRITE]);
  close_fd(&pipes[CHILD_SAY][READ]);
  c->in = pipes[CHILD_IN][WRITE];
  c->in_end = pipes[CHILD_IN][READ];
  c->out = pipes[CHILD_OUT][READ];
  c->err = pipes[CHILD_ERR][READ];
  if (!code) code = nonblocking(c->in);
  if (!code) code = nonblocking(c->out);
  if (!code) code = nonblocking(c->err);
  if (code) child_end(c);
  return code;
}

int child_start_over(struct child *c, const char *path, int starter, int in,
                     int out) {
  int say[2], code = 0;
  prepare(c, starter);
  int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null < 0) return -errno;
  if (pipe2(say, O_CLOEXEC)) {
    code = -errno;
    close(null);
    return code;
  }
  const int theirs[CHILD_PIPES] = {in, out, null, say[WRITE]};
  code = launch(c, path, theirs, say);
  close_fd(&say[READ]);
  close(null);
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

void child_reap(pid_t pid) {
  kill(-pid, SIGKILL);                 /* the processes that it has started */
  int refused = kill(pid, SIGKILL);    /* if it is setuid */
  while (waitpid(pid, NULL, refused ? WNOHANG : 0) < 0 && errno == EINTR)
    continue;
}

void child_end(struct child *c) {
  close_fd(&c->in);
  close_fd(&c->in_end);
  close_fd(&c->out);
  close_fd(&c->err);
  if (c->pid > 0 && c->owner == getpid()) {
    if (c->starter >= 0) ask_end(c->starter, c->pid);
    else child_reap(c->pid);
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
