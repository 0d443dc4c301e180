/* SPDX-License-Identifier: MIT
 *
 * The thread sleeps in epoll_wait over the descriptors that are armed, each of
 * which is reported once (EPOLLONESHOT). It and the host share no memory that
 * changes: the calls of the host change only the epoll set, in the kernel.
 *
 * Wrong if a descriptor is closed before it is disarmed, and a forked child
 * still has it: then it stays in the set.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop/thread.h"
#include "mtr.h"
#include "net/host/entrance.h"

enum { BATCH = 64, WORDS = 256 };
enum { STOP = WORDS, ENTRANCE };       /* beside the words 0..255 */

struct mtr_waker {
  pthread_t thread;
  pid_t owner;           /* the process that has the thread */
  int epoll, stop;
  int host;              /* the host's connection, for the thread; -1: none */
  struct entrance entrance;
};

static int add(struct mtr_waker *w, int fd, uint32_t what, uint32_t events) {
  struct epoll_event ev = {.events = events, .data.u32 = what};
  return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static void *watch(void *arg) {
  struct mtr_waker *w = arg;
  struct epoll_event ev[BATCH];
  for (;;) {
    int n = epoll_wait(w->epoll, ev, BATCH, -1);
    /* The host connects before it arms, so its connection waits already. */
    if (w->host < 0) w->host = entrance_take(&w->entrance, w->owner);
    for (int i = 0; i < n; i++) {
      uint8_t word = (uint8_t)ev[i].data.u32;
      if (ev[i].data.u32 == STOP) return NULL;
      if (ev[i].data.u32 != ENTRANCE && w->host >= 0)
        (void)!write(w->host, &word, sizeof word);
    }
  }
}

static int open_all(struct mtr_waker *w) {
  w->epoll = epoll_create1(EPOLL_CLOEXEC);
  w->stop = eventfd(0, EFD_CLOEXEC);
  int err = w->epoll < 0 || w->stop < 0 ? -errno : entrance_open(&w->entrance);
  if (!err) err = add(w, w->stop, STOP, EPOLLIN);
  return err ? err : add(w, w->entrance.fd, ENTRANCE, EPOLLIN | EPOLLET);
}

static void destroy(struct mtr_waker *w) {
  if (w->epoll >= 0) close(w->epoll);
  if (w->stop >= 0) close(w->stop);
  if (w->host >= 0) close(w->host);
  entrance_close(&w->entrance);
  free(w);
}

int mtr_waker_open(struct mtr_waker **waker, char *path, uint32_t size) {
  struct mtr_waker *w = calloc(1, sizeof *w);
  *waker = NULL;
  if (!w) return -ENOMEM;
  w->owner = getpid();
  w->host = w->entrance.fd = -1;
  int err = open_all(w);
  if (!err && strlen(w->entrance.at.sun_path) >= size) err = -ENAMETOOLONG;
  if (!err) err = thread_start(&w->thread, watch, w);
  if (err) {
    entrance_remove(&w->entrance);
    destroy(w);
    return err;
  }
  strcpy(path, w->entrance.at.sun_path);
  *waker = w;
  return 0;
}

void mtr_waker_connected(struct mtr_waker *w) {
  if (w->owner == getpid()) entrance_remove(&w->entrance);
}

int mtr_waker_arm(struct mtr_waker *w, int fd, uint32_t word) {
  struct epoll_event ev = {.events = EPOLLIN | EPOLLONESHOT, .data.u32 = word};
  if (w->owner != getpid()) return -ECHILD;
  if (word >= WORDS) return -EINVAL;
  if (!epoll_ctl(w->epoll, EPOLL_CTL_MOD, fd, &ev)) return 0;
  return errno == ENOENT ? add(w, fd, word, ev.events) : -errno;
}

int mtr_waker_disarm(struct mtr_waker *w, int fd) {
  if (w->owner != getpid()) return -ECHILD;
  return epoll_ctl(w->epoll, EPOLL_CTL_DEL, fd, NULL) ? -errno : 0;
}

void mtr_waker_close(struct mtr_waker *w) {
  if (!w) return;
  if (w->owner == getpid()) {
    uint64_t one = 1;
    entrance_remove(&w->entrance);
    (void)!write(w->stop, &one, sizeof one);
    pthread_join(w->thread, NULL);
  }
  destroy(w);
}
