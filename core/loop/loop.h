/* SPDX-License-Identifier: MIT
 *
 * loop.h: the steps of an engine. A loop has a private uv loop with the
 * transport's descriptors and one timerfd, set to the next deadline. So one
 * descriptor shows a host program when to step. A step takes the time,
 * receives, expires, judges and sends. It receives first, so that time stamps
 * are early, and sends last, so that the probes use what was just learned.
 *
 * Over a transport with virtual time (a simulated network) nothing sleeps: each
 * step first moves the time to the next deadline, and the descriptor is
 * readable as long as there is a deadline.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "loop/state.h"

/* loop_open: starts |l| over |net| and takes over |net|, also on failure. Fills
 * in the bases of |config| from |net|. 0 or a negative errno. */
int loop_open(struct loop *l, struct core_config *config, struct net *net);

/* loop_close: closes the loop and its transport. Ends name lookups; waits for
 * saves under way. |keep| as in net_ops' close. */
void loop_close(struct loop *l, int32_t *keep);

/* loop_abandon: closes a loop in a forked child, so that the parent's works on:
 * what both share (the kernel's list of descriptors, the modes of sockets, the
 * file of a recording) stays as it is. Waits for nothing. The memory of lookups
 * and saves that are under way is not freed: their threads are the parent's. */
void loop_abandon(struct loop *l);

/* loop_fd: returns the descriptor to wait on. From now on it is readable at
 * every deadline, even if loop_wait was used before. */
int loop_fd(struct loop *l);

/* loop_step: does one step; its events are in l->core. 0; -ENOMEM: some of what
 * is due is put off, because memory is short. */
int loop_step(struct loop *l);

/* loop_flush: sends what is due without receiving; the events come with the
 * next step. Wake-ups are no longer suspended. */
void loop_flush(struct loop *l);

/* loop_wait: sleeps until there is work (0) or |wake_fd| is readable (-EINTR).
 * -EINVAL: |wake_fd| differs from that of the first call. */
int loop_wait(struct loop *l, int wake_fd);

/* loop_deadline: returns when the next step is due, ns; INT64_MAX: never. Where
 * time is virtual, that leaves name servers out (channel_deadline). */
int64_t loop_deadline(struct loop *l, int64_t now);

/* loop_arm: sets the timerfd to the deadline. Call it after every change of the
 * deadline. */
void loop_arm(struct loop *l);

#endif
