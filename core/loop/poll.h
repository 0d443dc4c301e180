/* SPDX-License-Identifier: MIT
 *
 * poll.h: descriptors that a uv loop watches, and loops. libuv ends the process
 * if it cannot have what it needs in the middle of its work: memory for its
 * list of descriptors, room in the kernel's, a pipe for signals. These
 * functions see to it before, and return an error instead. It can still happen
 * if another thread takes the last of it at that moment.
 */
#ifndef LOOP_POLL_H
#define LOOP_POLL_H

#include <uv.h>

/* poll_loop: initializes a loop. 0 or a negative errno. */
int poll_loop(uv_loop_t *uv);

/* poll_open: initializes |p| for |fd|. Returns 0; -EPERM: |fd| is a file, and
 * always ready; or another negative errno. */
int poll_open(uv_loop_t *uv, uv_poll_t *p, int fd);

/* poll_start: calls |on| when |events| come, from now on. 0 or a negative
 * errno: no event comes. */
int poll_start(uv_poll_t *p, int events, uv_poll_cb on);

#endif
