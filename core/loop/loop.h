/* SPDX-License-Identifier: MIT
 *
 * loop.h: the only clock, and the only user of libuv. It owns a private uv loop
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

#include <uv.h>

#include "loop/epoch.h"
#include "net/net.h"
#include "probe/core.h"

enum { LOOP_BATCH = 64 };

struct lookup;
struct watcher;

struct loop {
  struct core core;
  struct net *net;       /* owned */
  uv_loop_t uv;
  uv_poll_t poll[NET_FDS];
  uv_poll_t alarm;       /* of the timerfd */
  uv_async_t at_once;    /* sent when the deadline is now */
  uv_poll_t wake;        /* of |wake_fd| */
  int fd[NET_FDS];
  int timer_fd;
  struct epoch epoch;    /* the time of day against loop_clock */
  int64_t armed;         /* what the timerfd is set to, ns; -1 nothing */
  int wake_fd;           /* ends loop_wait; -1 none yet */
  int woken;             /* by it */
  int fresh;             /* |readable| is of a wait that has just ended */
  int64_t held;          /* since when, ns: nothing is armed before loop_flush;
                          * 0: it is not so */
  int waited;            /* loop_wait sleeps on it */
  int watched;           /* somebody else may, who has its descriptor */
  unsigned unseen;       /* steps that did not ask the system for readiness */
  uint32_t readable;     /* bit per descriptor */
  struct lookup *answers;  /* resolved, not yet told; by when they may be */
  struct watcher *watchers;                /* descriptors of users */
  uint32_t handles[LOOP_BATCH];            /* of |outbox| */
  struct wire_probe outbox[LOOP_BATCH];    /* being sent */
  uint32_t out_first, out_end;             /* what the kernel did not take */
  int64_t retry_at;      /* ns; when to offer it again, if no reply comes */
  struct wire_reply inbox[LOOP_BATCH];
};

/* loop_clock: the system's monotonic time, ns. loop_now: the time of |l|, ns.
 * loop_unix: the time of day, unix seconds, when that was |at|; the same for
 * the same |at| until the next step. */
int64_t loop_clock(void);
int64_t loop_now(const struct loop *l);
double loop_unix(const struct loop *l, int64_t at);

/* loop_epoch: how far the system's time of day is ahead of loop_clock, ns. */
int64_t loop_epoch(void);

/* loop_call: loop_now for a call from outside the loop, where a transport's own
 * time may move on. */
int64_t loop_call(struct loop *l);

/* loop_recent: the same for one call of many: a time as old as |held| will do,
 * where it can be had without asking the system. */
int64_t loop_recent(struct loop *l);

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
