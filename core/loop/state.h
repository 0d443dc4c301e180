/* SPDX-License-Identifier: MIT
 *
 * state.h: all that a loop holds. Every file of this floor works on it.
 */
#ifndef LOOP_STATE_H
#define LOOP_STATE_H

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
  struct epoch epoch;    /* the time of day against clock_system */
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

#endif
