/* SPDX-License-Identifier: MIT
 *
 * A program that ends by itself stays a zombie until its end is asked for, so
 * its number is never that of another process.
 */
#include "net/host/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "net/host/child.h"

enum { SOCKET = 3, MOST = 64 };

/* The programs that run. */
struct starter {
  pid_t pid[MOST];
  int count;
};

/* Whether only root can change |path|. */
static int is_roots(const char *path) {
  struct stat st;
  return !lstat(path, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
         st.st_uid == 0 && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Whether |path|, without symbolic links, is a helper that is root's. */
static int trusted(char *path) {
  char *name = strrchr(path, '/');
  if (!name || (strcmp(name, "/mtr-packet") && strcmp(name, "/mtr-sockets")))
    return 0;
  if (!is_roots(path)) return 0;
  *name = 0;
  int ours = is_roots(*path ? path : "/");
  *name = '/';
  return ours;
}

static void run(const char *path, const int fd[CHILD_PIPES], pid_t parent) {
  char real[PATH_MAX];
  int known = realpath(path, real) != NULL;
  if (known && trusted(real)) child_become(real, fd, parent);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) _exit(127);
  child_become(path, fd, parent);
}

static void start(struct starter *s, const char *path,
                  const int fd[CHILD_PIPES]) {
  struct child_news news = {.code = EAGAIN};
  pid_t self = getpid();
  if (s->count < MOST) {
    news.pid = fork();
    if (!news.pid) run(path, fd, self);
    news.code = news.pid < 0 ? errno : 0;
  }
  if (!news.code) s->pid[s->count++] = news.pid;
  (void)!write(fd[CHILD_SAY], &news, sizeof news);
}

static void end(struct starter *s, pid_t pid) {
  for (int i = 0; i < s->count; i++) {
    if (s->pid[i] != pid) continue;
    child_reap(pid);
    s->pid[i] = s->pid[--s->count];
    return;
  }
}

/* Takes one request with its |n| descriptors. Returns 0 when the parent has
 * gone. */
static int take(struct child_request *r, int fd[CHILD_PIPES], int *n) {
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(CHILD_PIPES * sizeof *fd)];
  struct iovec bytes = {r, sizeof *r};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room,
                     .msg_controllen = sizeof room};
  *n = 0;
  ssize_t size = recvmsg(SOCKET, &m, MSG_CMSG_CLOEXEC);
  if (size < 0) return errno == EINTR;
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
    *n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof *fd);
    memcpy(fd, CMSG_DATA(c), (size_t)*n * sizeof *fd);
  }
  if (size != sizeof *r) r->end = -1;  /* no request of ours */
  r->path[CHILD_PATH - 1] = 0;
  return size > 0;
}

static _Noreturn void serve(void) {
  struct starter s = {.count = 0};
  struct child_request r;
  int fd[CHILD_PIPES], n;
  while (take(&r, fd, &n)) {
    if (r.end > 0) end(&s, r.end);
    else if (!r.end && n == CHILD_PIPES) start(&s, r.path, fd);
    for (int i = 0; i < n; i++) close(fd[i]);
  }
  _exit(0);
}

/* Keeps only |fd|, as number SOCKET, and standard streams that lead nowhere. */
static int keep(int fd) {
  int null = open("/dev/null", O_RDWR);
  if (null < 0) return -errno;
  for (int i = 0; i < SOCKET; i++)
    if (dup2(null, i) < 0) return -errno;
  if (fd != SOCKET && dup3(fd, SOCKET, O_CLOEXEC) < 0) return -errno;
  return syscall(SYS_close_range, SOCKET + 1u, ~0u, 0u) ? -errno : 0;
}

/* Gives up the capabilities of this process. A program may get those of its
 * file, and a program of root those of root. */
static int give_up(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0, 0, 0}};
  return syscall(SYS_capset, &head, none) ? -errno : 0;
}

int starter_open(void) {
  int pair[2];
  pid_t parent = getpid();
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
    return -errno;
  pid_t pid = fork();
  int err = pid < 0 ? -errno : 0;
  if (!pid) {
    setsid();                          /* ^C is for the parent */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || keep(pair[1]) || give_up())
      _exit(127);
    serve();
  }
  close(pair[1]);
  if (err) close(pair[0]);
  return err ? err : pair[0];
}
