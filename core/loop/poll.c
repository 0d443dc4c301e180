/* SPDX-License-Identifier: MIT */
#include "loop/poll.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What uv_loop_init opens: an epoll set, two pipes, of which one is made once
 * in a process, and an eventfd; and one for the first uv_run. */
enum { OWN_FILES = 7 };

/* Whether there is memory for a list of descriptors up to |fd|: libuv's has a
 * length that is a power of two, and two elements more than descriptors. */
static int check_list(int fd) {
  size_t n = 4;
  while (n < (size_t)fd + 3) n *= 2;
  void *list = malloc(n * sizeof(void *));
  if (!list) return -ENOMEM;
  free(list);
  return 0;
}

/* Whether so many descriptors can be opened, watched and listed. */
static int check_own(void) {
  int fd[OWN_FILES], n = 0, err = 0;
  struct epoll_event e = {.events = EPOLLIN};
  int set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0) return -errno;
  while (n < OWN_FILES - 1 && !err) {
    fd[n] = eventfd(0, EFD_CLOEXEC);
    if (fd[n] < 0) {
      err = -errno;
      break;
    }
    if (epoll_ctl(set, EPOLL_CTL_ADD, fd[n], &e)) err = -errno;
    else err = check_list(fd[n]);
    n++;
  }
  while (n) close(fd[--n]);
  close(set);
  return err;
}

int poll_loop(uv_loop_t *uv) {
  int err = check_own();
  if (err) return err;
  memset(uv, 0, sizeof *uv);
  if (!(err = uv_loop_init(uv))) return 0;
  /* Some versions forget their epoll set then, others have set it to -1. */
  if (uv_backend_fd(uv) > 0) close(uv_backend_fd(uv));
  return err;
}

int poll_open(uv_loop_t *uv, uv_poll_t *p, int fd) {
  int err = check_list(fd);
  return err ? err : uv_poll_init(uv, p, fd);
}

/* The kernel has the descriptor in its list at the end. When libuv adds it, it
 * hears so and goes on. Were there no room then, it would end the process. */
int poll_start(uv_poll_t *p, int events, uv_poll_cb on) {
  int fd, err = uv_poll_start(p, events, on);
  if (!err) err = uv_fileno((uv_handle_t *)p, &fd);
  if (err) return err;
  struct epoll_event e = {.data.fd = fd};
  if (!epoll_ctl(uv_backend_fd(p->loop), EPOLL_CTL_ADD, fd, &e) ||
      errno == EEXIST)
    return 0;
  err = -errno;
  uv_poll_stop(p);
  return err;
}
