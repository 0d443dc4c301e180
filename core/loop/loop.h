/* SPDX-License-Identifier: MIT
 *
 * loop.h: the rounds of an engine. It owns a private uv loop
 * with the transport's descriptors and one timerfd, armed to the engine's next
 * deadline, so that a single descriptor tells a host when to step. A step takes
 * the time, receives, expires, judges, sends, in this order: replies first, for
 * their stamps; sends last, so that what was learnt counts for them.
 *
 * Over a transport with a time of its own (a simulated network) nothing sleeps:
 * each step begins by moving that time to the next deadline, and the descriptor
 * is readable as long as there is one.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include "loop/state.h"

/* loop_open: starts |l| over |net|, which it owns from then on, success or not.
 * |config|'s bases are filled in from |net|. 0 or a negative errno. */
int loop_open(struct loop *l, struct core_config *config, struct net *net);

/* loop_close: ends it and waits for name resolutions under way. |keep| as in
 * net_ops' close. */
void loop_close(struct loop *l, int32_t *keep);

/* loop_fd: the descriptor to wait on. From now on it is readable at every
 * deadline, also of an engine that loop_wait has slept on. */
int loop_fd(struct loop *l);

/* loop_step: one round; the events are in l->core. 0 or -ENOMEM. */
int loop_step(struct loop *l);

/* loop_flush: sends what is due without receiving; the events of that come with
 * the next step. Ends |held|. */
void loop_flush(struct loop *l);

/* loop_wait: sleeps until there is work or |wake_fd| is readable, which returns
 * -EINTR. -EINVAL: it can only be the |wake_fd| of the first call. */
int loop_wait(struct loop *l, int wake_fd);

/* loop_deadline: when the next round is due, ns; INT64_MAX: nothing planned. */
int64_t loop_deadline(struct loop *l, int64_t now);

/* loop_arm: sets the timerfd to the deadline; after anything that changed
 * it. */
void loop_arm(struct loop *l);

#endif
