/* SPDX-License-Identifier: MIT */
#include "loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "loop/bounded.h"
#include "loop/channel.h"
#include "loop/clock.h"
#include "loop/poll.h"
#include "loop/query.h"
#include "loop/resolve.h"
#include "loop/save.h"
#include "loop/system.h"
#include "loop/watch.h"

enum {
  RECEIVE_ROUNDS = 32,   /* batches from one descriptor in a step */
  SEND_ROUNDS = 8,       /* batches sent in a step */
  NAP_NS = 500000,       /* longest sleep without a look at the sockets */
  RETRY_NS = 500000,     /* until a full queue is tried again */
  MEMORY_NS = 10000000,  /* until sending is tried again without memory */
  UNSEEN = 32,           /* virtual steps between two looks at descriptors */
  LOOK_NS = 20000        /* between two looks, if traces wait to be judged */
};

static void on_readable(uv_poll_t *p, int status, int events) {
  struct loop *l = p->data;
  (void)status;                        /* reading the socket gives the error */
  (void)events;
  l->readable |= 1u << (p - l->poll);
}

static void on_alarm(uv_poll_t *p, int status, int events) {
  struct loop *l = p->data;
  uint64_t times;
  (void)status;
  (void)events;
  if (read(l->timer_fd, &times, sizeof times) > 0) l->armed = -1;
}

static int watch(struct loop *l, uv_poll_t *p, int fd, uv_poll_cb on) {
  int err = poll_open(&l->uv, p, fd);
  if (err) return err;
  p->data = l;
  return poll_start(p, UV_READABLE, on);
}

int loop_open(struct loop *l, struct core_config *config, struct net *net) {
  memset(l, 0, sizeof *l);
  l->net = net;
  net->now = clock_system;
  int64_t now = clock_now(l);
  l->epoch.error = INT64_MAX / 4;
  clock_look(&l->epoch);
  l->armed = l->wake_fd = -1;
  config->port_base = net->port_base;
  config->echo_base = net->echo_base;
  int err = core_init(&l->core, config, now);
  if (err) goto no_loop;
  if ((err = poll_loop(&l->uv))) goto no_loop;
  l->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (l->timer_fd < 0) {
    err = -errno;
    goto no_timer;
  }
  if ((err = watch(l, &l->alarm, l->timer_fd, on_alarm))) goto no_watch;
  if ((err = uv_async_init(&l->uv, &l->at_once, NULL))) goto no_watch;
  net->ops->fds(net, l->fd);
  for (int i = 0; i < NET_FDS && !err; i++)
    if (l->fd[i] >= 0) err = watch(l, &l->poll[i], l->fd[i], on_readable);
  if (err) goto no_watch;
  uv_run(&l->uv, UV_RUN_NOWAIT);       /* registers them with the kernel */
  return 0;
no_watch:
  loop_close(l, NULL);
  return err;
no_timer:
  uv_loop_close(&l->uv);
no_loop:
  core_close(&l->core);
  net->ops->close(net, NULL);
  return err;
}

static void close_handle(uv_handle_t *h, void *arg) {
  (void)arg;
  if (!uv_is_closing(h)) uv_close(h, NULL);
}

static void end_background(struct loop *l) {
  channel_close(l);
  system_close(l);
  save_close(l);
}

static void free_rest(struct loop *l, int32_t *keep) {
  resolve_free(l);
  query_free(l);
  close(l->timer_fd);
  l->net->ops->close(l->net, keep);
  core_close(&l->core);
}

void loop_close(struct loop *l, int32_t *keep) {
  watch_end(l);
  end_background(l);
  uv_walk(&l->uv, close_handle, NULL);
  uv_run(&l->uv, UV_RUN_DEFAULT);
  uv_loop_close(&l->uv);
  free_rest(l, keep);
}

/* The fork of libuv's loop has an epoll set of its own: to stop a poll in it
 * does not stop the parent's. */
void loop_abandon(struct loop *l) {
  l->net->forked = 1;
  int err = uv_loop_fork(&l->uv);
  end_background(l);
  if (!err) {
    watch_end(l);
    uv_walk(&l->uv, close_handle, NULL);
    uv_run(&l->uv, UV_RUN_NOWAIT);
    if (uv_loop_alive(&l->uv)) close(uv_backend_fd(&l->uv));
    else uv_loop_close(&l->uv);
  }
  free_rest(l, NULL);
}

/* Returns when the next work is due. Events that the caller has not yet read
 * are not counted as work. */
static int64_t work_at(struct loop *l, int64_t now) {
  int unsent = l->out_first < l->out_end;
  int64_t at = core_deadline(&l->core, !unsent, now);
  if (unsent && l->retry_at < at) at = l->retry_at;
  if (l->net->ops->deadline) {
    int64_t due = l->net->ops->deadline(l->net);
    if (due < at) at = due;
  }
  int64_t answer = resolve_deadline(l);
  if (answer < at) at = answer;
  if (!l->net->virtual && (answer = channel_deadline(l)) < at) at = answer;
  int waiting = l->left || watch_waiting(l) || save_waiting(l) ||
                query_waiting(l);
  return waiting ? now : at;
}

int64_t loop_deadline(struct loop *l, int64_t now) {
  return l->core.event_count > l->core.events_seen ? now : work_at(l, now);
}

static void arm(struct loop *l) {
  int64_t now = clock_now(l), at = loop_deadline(l, now);
  if (l->net->virtual && at < INT64_MAX) at = now;
  if (l->net->virtual && at == INT64_MAX) {    /* name servers take real time */
    at = channel_deadline(l);
    now = at < INT64_MAX ? clock_system() : 0;
  }
  if (at <= now) {                     /* cheaper than a timer in the past, */
    uv_async_send(&l->at_once);        /* an interrupt of 30 us in a VM */
    return;
  }
  /* A timer that is set too early costs one needless wake-up. That is less than
   * setting the timer for every probe. */
  if (at == INT64_MAX || (l->armed >= 0 && l->armed <= at)) return;
  struct itimerspec when = {.it_value = {.tv_sec = at / 1000000000,
                                         .tv_nsec = at % 1000000000}};
  timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
  l->armed = at;
}

void loop_arm(struct loop *l) {
  int later = l->uses_wait && !l->fd_taken;   /* loop_wait arms it */
  if (!l->held_since && !later) arm(l);
}

int loop_fd(struct loop *l) {
  int first = !l->fd_taken;
  l->fd_taken = 1;
  if (first) loop_arm(l);
  return uv_backend_fd(&l->uv);
}

static int receive(struct loop *l, unsigned i) {
  struct net *net = l->net;
  struct core *c = &l->core;
  int more = 1;
  for (int round = 0; more && round < RECEIVE_ROUNDS; round++) {
    uint32_t n = bounded_batch(l), room = events_room(c);
    uint32_t ext = events_ext_room(c);
    if (room < 2 * LOOP_BATCH || !ext) return 0;   /* they wait in the kernel */
    if (ext < n) n = ext;
    struct net_clock clock = {.now = clock_now(l), .offset = l->epoch.offset};
    if (core_reserve(c, clock.now)) return -ENOMEM;
    memcpy(net->flooded, c->flooded, sizeof net->flooded);
    n = net->ops->receive(net, i, l->inbox, n, &clock, &more);
    if (net->broken) {                 /* would stay readable for ever */
      uv_poll_stop(&l->poll[i]);
      more = 0;
    }
    int64_t now = clock_now(l);
    receive_replies(c, l->inbox, n, now);
    if (n || net->ops->deadline) l->retry_at = 0;    /* there may be room */
    if (more && bounded_spent(l)) {
      l->left |= 1u << i;
      break;
    }
  }
  return 0;
}

/* Sends the outbox. Returns 1 if all of it went. */
static int flush(struct loop *l) {
  struct net_sent sent[LOOP_BATCH];
  uint32_t n = l->out_end - l->out_first;
  const uint32_t *handles = l->handles + l->out_first;
  l->net->load = (uint32_t)l->core.counters.probes;
  l->net->soonest = deliver_soonest(&l->core);
  uint32_t k = l->net->ops->send(l->net, l->outbox + l->out_first, n, sent);
  for (uint32_t i = 0; i < k; i++)
    fill_sent(&l->core, handles[i], sent[i].size, sent[i].error, sent[i].at);
  l->out_first += k;
  if (k == n) return 1;
  l->core.counters.send_retries += n - k;
  l->retry_at = l->net->ops->deadline ? INT64_MAX : clock_now(l) + RETRY_NS;
  return 0;
}

/* Drops probes of the outbox whose traces have ended meanwhile. */
static void prune(struct loop *l) {
  uint32_t k = 0;
  for (uint32_t i = l->out_first; i < l->out_end; i++) {
    const struct probe *p = state_probe(&l->core, l->handles[i]);
    if (!p || p->state != PROBE_SENT) continue;
    l->handles[k] = l->handles[i];
    l->outbox[k++] = l->outbox[i];
  }
  l->out_first = 0;
  l->out_end = k;
}

/* Sends what is due. Returns 0; -ENOMEM: it is put off for lack of memory. */
static int send_due(struct loop *l) {
  struct core *c = &l->core;
  int64_t now = clock_now(l);
  if (l->out_first < l->out_end) {
    if (now < l->retry_at || events_room(c) < LOOP_BATCH) return 0;
    prune(l);
    if (!flush(l)) return 0;
  }
  for (int round = 0; round < SEND_ROUNDS; round++) {
    if (core_reserve(c, now)) {
      c->starved = now + MEMORY_NS;
      return -ENOMEM;
    }
    l->out_first = 0;
    l->out_end = fill_probes(c, l->outbox, l->handles, bounded_batch(l), now);
    if (!l->out_end || !flush(l) || bounded_spent(l)) return 0;
    now = clock_now(l);
  }
  return 0;
}

static void advance(struct loop *l, int64_t now) {
  while (advance_some(&l->core, now, bounded_batch(l)) && !bounded_spent(l)) {}
}

/* Begins a bounded step. What was recorded is repeated as it was: no bound. */
static void begin(struct loop *l) {
  if (l->net->ops->tick) l->most = 0;
  if (l->most && !l->net->virtual) l->until = clock_system() + l->most;
  l->batches = 0;
}

void loop_flush(struct loop *l) {
  int later = bounded_overdue(l);
  l->held_since = 0;
  clock_call(l);
  if (!later) send_due(l);
  if (!later) advance(l, clock_now(l));
  loop_arm(l);
}

static void on_wake(uv_poll_t *p, int status, int events) {
  struct loop *l = p->data;
  (void)status;
  (void)events;
  l->woken = 1;
}

/* Whether this step need not look at descriptors: time is virtual, something is
 * due, and the last look was only a few steps ago. */
static int all_inside(struct loop *l) {
  if (!l->net->virtual || l->watchers) return 0;
  if (loop_deadline(l, clock_now(l)) == INT64_MAX) return 0;
  return ++l->unseen < UNSEEN;
}

/* Sleeps until the rate lets the next probes go, if that is soon and nothing
 * else is due. Replies and events wait that long: the kernel has stamped the
 * replies, and a wake-up for each of them would cost more than all the rest.
 * Returns 1 if it slept. */
static int nap(struct loop *l, int64_t now) {
  int unsent = l->out_first < l->out_end;
  if (l->net->virtual || l->net->ops->tick || unsent) return 0;
  if (!turns_any(&l->core)) return 0;
  int64_t at = work_at(l, now);
  if (at <= now || at - now > NAP_NS) return 0;
  struct pollfd wake = {.fd = l->wake_fd, .events = POLLIN};
  struct timespec left = {.tv_nsec = at - now};
  l->woken = ppoll(&wake, 1, &left, NULL) > 0;
  l->fresh = 0;
  return 1;
}

int loop_wait(struct loop *l, int wake_fd) {
  if (l->wake_fd < 0 && !watch(l, &l->wake, wake_fd, on_wake))
    l->wake_fd = wake_fd;
  if (l->wake_fd != wake_fd) return -EINVAL;
  l->woken = 0;
  l->readable = 0;
  l->fresh = 1;
  if (all_inside(l)) return 0;
  int64_t now = clock_now(l), at = loop_deadline(l, now);
  int due = at <= now || (l->net->virtual && at < INT64_MAX);
  l->unseen = 0;
  l->uses_wait = 1;
  if (nap(l, now)) return l->woken ? -EINTR : 0;
  if (!due) arm(l);
  uv_run(&l->uv, due ? UV_RUN_NOWAIT : UV_RUN_ONCE);
  return l->woken ? -EINTR : 0;
}

/* Moves virtual time to the next deadline. It may go a little further (slack),
 * but only without a rate limit. */
static void leap(struct loop *l) {
  struct net *net = l->net;
  int64_t at = loop_deadline(l, net->at);
  int paced = l->core.pace.gap_ns > 0 || l->core.target_gap;
  if (net->ops->tick) net->ops->tick(net, at);
  else if (at > net->at && at < INT64_MAX)
    net->at = at + (paced ? 0 : net->slack);
}

/* Whether traces wait to be judged, such as one that a hook has stopped, and
 * the descriptors were looked at a moment ago. */
static int just_looked(const struct loop *l) {
  if (l->core.dirty_first == SLAB_NONE || l->left || l->watchers) return 0;
  return clock_system() - l->looked < LOOK_NS;
}

int loop_step(struct loop *l) {
  struct core *c = &l->core;
  int err = 0;
  events_clear(c);
  begin(l);
  if (!l->fresh && !all_inside(l)) {
    l->readable = 0;
    l->unseen = 0;
    if (!just_looked(l)) {
      uv_run(&l->uv, UV_RUN_NOWAIT);
      l->looked = clock_system();
    }
  }
  l->fresh = 0;
  if (!l->net->virtual) clock_look(&l->epoch);   /* the clock may be set */
  if (l->net->virtual || l->net->ops->tick) leap(l);
  if (l->channels) channel_run(l);
  if (l->questions) system_run(l);
  resolve_report(l);
  query_report(l);
  watch_report(l);
  save_report(l);
  if (l->net->ops->deadline && l->net->ops->deadline(l->net) <= clock_now(l))
    l->readable |= 1;
  l->readable |= l->left;
  l->left = 0;
  for (unsigned i = 0; l->readable >> i && !err; i++)
    if (l->readable >> i & 1) err = receive(l, i);
  int64_t now = clock_now(l);
  c->unheard = l->net->unheard;
  c->broken = l->net->broken;
  while (expire_some(c, now, bounded_batch(l)) && !bounded_spent(l)) {}
  advance(l, now);
  int unsent = send_due(l);
  if (!err) err = unsent;
  advance(l, clock_now(l));
  c->counters.steps++;
  c->counters.kernel_drops = l->net->drops;
  c->counters.malformed = l->net->malformed;
  c->counters.detours = l->net->detours;
  c->counters.unrecorded = l->net->unrecorded;
  c->counters.unreplayed = l->net->unreplayed;
  c->events_seen = c->event_count;     /* the caller reads them now */
  loop_arm(l);
  return err;
}
