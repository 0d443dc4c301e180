/* SPDX-License-Identifier: MIT
 *
 * thread.h: threads for what may take long. Those of libuv are not used: it
 * ends the process if it cannot start them.
 */
#ifndef LOOP_THREAD_H
#define LOOP_THREAD_H

#include <pthread.h>

/* thread_start: runs |run|(|arg|) in a thread that takes no signals: the other
 * threads take them. |*thread| is for pthread_join; NULL: it is not joined. 0
 * or a negative errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
