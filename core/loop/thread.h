/* SPDX-License-Identifier: MIT
 *
 * thread.h: threads for what may take long. libuv has some of its own, but it
 * ends the process if it cannot start them.
 */
#ifndef LOOP_THREAD_H
#define LOOP_THREAD_H

#include <pthread.h>

/* thread_start: runs |run|(|arg|) in a thread that takes no signals: they are
 * for the others. |*thread| is for pthread_join; NULL: nobody joins it. 0 or a
 * negative errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
