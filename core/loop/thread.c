/* SPDX-License-Identifier: MIT */
#include "loop/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*run)(void *), void *arg) {
  sigset_t all, before;
  pthread_t unjoined;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int err = pthread_create(thread ? thread : &unjoined, NULL, run, arg);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!err && !thread) pthread_detach(unjoined);
  return -err;
}
