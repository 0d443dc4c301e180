/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of a loop. Every file of this floor works on it.
 */
#ifndef LOOP_STATE_H
#define LOOP_STATE_H

#include <uv.h>

#include "loop/epoch.h"
#include "net/net.h"
#include "probe/core.h"

enum { LOOP_BATCH = 64 };

struct channels;
struct lookup;
struct query;
struct question;
struct saving;
struct watcher;

struct loop {
  struct core core;
  struct net *net;       /* owned */
  uv_loop_t uv;
  uv_poll_t poll[NET_FDS];
  uv_poll_t alarm;       /* watches the timerfd */
  uv_async_t at_once;    /* sent when the deadline is now */
  uv_poll_t wake;        /* watches |wake_fd| */
  int fd[NET_FDS];
  int timer_fd;
  struct epoch epoch;    /* the time of day against clock_system */
  int64_t armed;         /* time that the timerfd is set to, ns; -1: not set */
  int wake_fd;           /* ends loop_wait; -1 none yet */
  int woken;             /* 1: |wake_fd| ended the last wait */
  int fresh;             /* 1: |readable| is from a wait that has just ended */
  int64_t held_since;    /* ns; wake-ups are suspended until loop_flush; 0: they
                          * are not */
  int uses_wait;         /* 1: loop_wait sleeps on this loop */
  int fd_taken;          /* 1: a caller has the descriptor and may wait on it */
  int64_t most;          /* ns that a step takes; 0: all that is due */
  int64_t until;         /* ns; when this step ends, if |most| is set */
  int64_t looked;        /* ns; when the descriptors were last looked at */
  unsigned batches;      /* of this step, where time is virtual */
  uint32_t left;         /* bit per descriptor that was not read to its end */
  unsigned unseen;       /* steps since the system was asked for readiness */
  uint32_t readable;     /* bit per descriptor */
  struct channels *channels;           /* to name servers; NULL: none yet */
  struct lookup *answers;  /* found, not yet reported; by time of reporting */
  struct query *queries, *last_query;  /* answered, not yet reported */
  struct question *questions;          /* that the system's resolver has */
  struct saving *saving;   /* files, until they are reported */
  struct watcher *watchers;                /* descriptors of users */
  uint32_t handles[LOOP_BATCH];            /* probe of each entry of |outbox| */
  struct wire_probe outbox[LOOP_BATCH];    /* probes being sent */
  uint32_t out_first, out_end;             /* those that the kernel refused */
  int64_t retry_at;      /* ns; when to offer them again, if no reply comes */
  struct wire_reply inbox[LOOP_BATCH];
};

#endif
