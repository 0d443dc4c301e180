/* SPDX-License-Identifier: MIT
 *
 * replay.c: replies wait in a heap, ordered by the time when they are to be
 * received, then by their order in the file.
 */
#include "net/tape/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/tape/replay_file.h"
#include "net/tape/replay_find.h"
#include "net/tape/replay_key.h"
#include "wire/build.h"

enum { WITHIN_NS = 1000000000 };       /* from a deadline to its step */

struct replay {
  struct net net;        /* first */
  struct net_ops ops;
  struct replay_file file;
  uint32_t tick;         /* ticks that have passed */
  uint32_t *heap;        /* replies to come */
  uint32_t waiting;      /* how many they are */
  int64_t refused_until; /* ns; when the refused probe will be accepted */
  struct tape_route route;           /* the last answer */
};

/* The heap. */

static int is_before(const struct replay *p, uint32_t a, uint32_t b) {
  const struct replay_reply *r = p->file.replies;
  return r[a].due != r[b].due ? r[a].due < r[b].due : a < b;
}

static void push(struct replay *p, uint32_t reply) {
  uint32_t *heap = p->heap, i = p->waiting++;
  for (; i && is_before(p, reply, heap[(i - 1) / 2]); i = (i - 1) / 2)
    heap[i] = heap[(i - 1) / 2];
  heap[i] = reply;
}

static uint32_t pop(struct replay *p) {
  uint32_t *heap = p->heap, first = heap[0], last = heap[--p->waiting], i = 0;
  for (;;) {
    uint32_t child = 2 * i + 1;
    if (child >= p->waiting) break;
    if (child + 1 < p->waiting && is_before(p, heap[child + 1], heap[child]))
      child++;
    if (!is_before(p, heap[child], last)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = last;
  return first;
}

/* Time. */

/* Sets the time to that of the next tick in the file, if this is of the same
 * kind and soon enough; otherwise to |due|. A call has no |due|. Steps that
 * were not due are repeated too: a descriptor or a timer woke them, and a call
 * behind one may have sent what had become due meanwhile. */
static void replay_tick(struct net *net, int64_t due) {
  struct replay *p = (struct replay *)net;
  const struct replay_tick *tick = p->file.ticks;
  uint32_t n = p->file.tick_count, i = p->tick;
  if (due == NET_CALL) {
    if (i == n || !tick[i].call) return;
    if (tick[i].at > net->at) net->at = tick[i].at;
    p->tick++;
    return;
  }
  if (due == INT64_MAX) return;
  if (due < net->at) due = net->at;
  while (i < n && (tick[i].call || tick[i].at < net->at)) i++;
  if (i < n && tick[i].at - due <= WITHIN_NS) {
    net->at = tick[i].at;
    p->tick = i + 1;
    return;
  }
  net->at = due;
  while (p->tick < n && tick[p->tick].at <= due) p->tick++;
}

static int64_t replay_deadline(struct net *net) {
  const struct replay *p = (struct replay *)net;
  int64_t at = INT64_MAX;
  if (p->waiting) at = p->file.replies[p->heap[0]].due;
  return p->refused_until && p->refused_until < at ? p->refused_until : at;
}

/* Answers. */

static int replay_route(struct net *net, struct net_route *r) {
  struct replay *p = (struct replay *)net;
  struct replay_entry *e =
      replay_find(&p->file, replay_key_route(r), 0, 1);
  if (!e) {
    r->why = "the recording has no such target with this protocol, source, "
             "interface and mark";
    return -ENETUNREACH;
  }
  struct bytes body = replay_body(&p->file, e->body);
  tape_take_route(&body, &p->route);
  memcpy(r->src, p->route.src, sizeof r->src);
  if (p->route.why[0]) r->why = p->route.why;
  return -p->route.error;
}

static int replay_reserve(struct net *net, int protocol, uint16_t port) {
  struct replay *p = (struct replay *)net;
  struct tape_port answer;
  uint64_t key = replay_key_port((unsigned)protocol, port);
  struct replay_entry *e = replay_find(&p->file, key, 1, 1);
  if (!e) return 0;
  struct bytes body = replay_body(&p->file, e->body);
  tape_take_port(&body, &answer);
  return -answer.error;
}

static int replay_resolve(struct net *net, const char *name, unsigned family,
                          struct net_route *v, uint32_t n) {
  struct replay *p = (struct replay *)net;
  static const struct net_route none;
  struct tape_name answer;
  struct replay_entry *e =
      replay_find(&p->file, replay_key_name(name, family), 0, 1);
  if (!e) return -ENOENT;
  struct bytes body = replay_body(&p->file, e->body);
  tape_take_name(&body, &answer);
  if (n > answer.count) n = answer.count;
  v[0] = none;
  memcpy(v, answer.found, n * sizeof *v);
  v[0].now = e->tick;
  return n ? (int)n : -answer.error;
}

static uint16_t size_of(const struct wire_probe *v) {
  int size = wire_default_size(v->family, v->protocol, v->multipath,
                               v->payload_size);
  return v->size ? v->size : (uint16_t)(size > 0 ? size : 0);
}

/* Sends the recorded probe |e| again now, as |v|: schedules its replies. */
static void resend(struct replay *p, struct replay_entry *e,
                   const struct wire_probe *v, const struct tape_send *s,
                   struct net_sent *sent) {
  *sent = s->sent;
  sent->at += p->net.at - e->tick;
  e->sent = p->net.at;
  e->id = v->id;
  e->ip_id = v->ip_id ? v->ip_id : v->id;
  e->cookie = v->cookie;
  e->checksum = v->checksum;
  e->sport = v->sport;
  e->handle = v->handle;
  for (uint32_t i = e->replies; i != REPLAY_NONE; i = p->file.replies[i].next) {
    p->file.replies[i].due += e->sent - e->tick;
    push(p, i);
  }
}

static uint32_t replay_send(struct net *net, const struct wire_probe *v,
                            uint32_t n, struct net_sent *sent) {
  struct replay *p = (struct replay *)net;
  for (uint32_t i = 0; i < n; i++) {
    struct tape_send s;
    uint64_t key = replay_key_send(&v[i],
                                   tape_hash(v[i].payload, v[i].payload_size));
    struct replay_entry *e = replay_find(&p->file, key, 1, 0);
    if (!e) {
      net->unreplayed++;
      sent[i] = (struct net_sent){.at = net->at, .size = size_of(&v[i])};
      continue;
    }
    struct bytes body = replay_body(&p->file, e->body);
    tape_take_send(&body, &s);
    if (s.later && e->tick > net->at && e->tick - net->at < WITHIN_NS) {
      p->refused_until = e->tick;      /* as the kernel refused it then */
      return i;
    }
    replay_find(&p->file, key, 1, 1);
    resend(p, e, &v[i], &s, &sent[i]);
  }
  return n;
}

static uint16_t swapped(uint16_t v) { return (uint16_t)(v >> 8 | v << 8); }

/* Replaces the identity of the recorded probe in |r| by that of its probe in
 * the replay, and moves the time of |r| along. */
static void translate(const struct replay *p, const struct replay_entry *e,
                      struct wire_reply *r) {
  struct tape_send s;
  struct bytes body = replay_body(&p->file, e->body);
  tape_take_send(&body, &s);
  uint16_t ip_id = s.probe.ip_id ? s.probe.ip_id : s.probe.id;
  if (r->id == s.probe.id) r->id = e->id;
  if (r->ip_id == ip_id) r->ip_id = e->ip_id;
  else if (r->ip_id == swapped(ip_id)) r->ip_id = swapped(e->ip_id);
  if (r->quoted_protocol == WIRE_TCP)
    r->tcp_low = (uint16_t)(r->tcp_low + e->cookie - s.probe.cookie);
  if (r->checksum && r->checksum == s.probe.checksum) r->checksum = e->checksum;
  if (r->sport == s.probe.sport) r->sport = e->sport;
  if (r->handle) r->handle = e->handle;
  r->at += e->sent - e->tick;
}

static uint32_t replay_receive(struct net *net, unsigned i,
                               struct wire_reply *v, uint32_t n,
                               const struct net_clock *clock, int *more) {
  struct replay *p = (struct replay *)net;
  struct replay_file *f = &p->file;
  struct tape_loss loss;
  uint32_t k = 0;
  (void)i;
  if (p->refused_until <= clock->now) p->refused_until = 0;
  while (k < n && p->waiting && f->replies[p->heap[0]].due <= clock->now) {
    const struct replay_reply *reply = &f->replies[pop(p)];
    struct bytes body = replay_body(f, reply->body);
    if (f->bytes[reply->body - 1] == TAPE_LOSS) {
      tape_take_loss(&body, &loss);
      net->drops = (double)loss.drops;
      net->malformed = (double)loss.malformed;
      continue;
    }
    tape_take_reply(&body, &v[k]);
    if (reply->entry != REPLAY_NONE)
      translate(p, &f->entries[reply->entry], &v[k]);
    k++;
  }
  *more = p->waiting && f->replies[p->heap[0]].due <= clock->now;
  return k;
}

static void replay_fds(struct net *net, int fd[NET_FDS]) {
  (void)net;
  for (int i = 0; i < NET_FDS; i++) fd[i] = -1;
}

static void replay_close(struct net *net, int32_t *keep) {
  struct replay *p = (struct replay *)net;
  for (int i = 0; keep && i < NET_FDS; i++) keep[i] = -1;
  replay_free(&p->file);
  free(p->heap);
  free(p);
}

static const struct net_ops replay_ops = {
    .route = replay_route,
    .reserve = replay_reserve,
    .send = replay_send,
    .receive = replay_receive,
    .resolve = replay_resolve,
    .tick = replay_tick,
    .deadline = replay_deadline,
    .fds = replay_fds,
    .close = replay_close};

int replay_over(struct net **net, struct replay_file *f) {
  const struct tape_head *head = &f->head;
  struct replay *p = calloc(1, sizeof *p);
  uint32_t *heap = malloc((f->reply_count + 1u) * sizeof *heap);
  if (!p || !heap) {
    free(p);
    free(heap);
    return -ENOMEM;
  }
  p->file = *f;
  p->heap = heap;
  p->ops = replay_ops;
  p->ops.name = p->file.head.name;
  p->net = (struct net){
      .ops = &p->ops, .caps = head->caps, .port_base = head->port_base,
      .echo_base = head->echo_base, .virtual = 1, .at = head->at,
      .epoch = head->epoch};
  for (uint32_t i = 0; i < f->reply_count; i++)
    if (f->replies[i].entry == REPLAY_NONE) push(p, i);
  *net = &p->net;
  return 0;
}

int replay_open(struct net **net, const char *path, struct tape_head *head,
                char *why, size_t size) {
  struct replay_file f;
  int err = replay_load(&f, path, why, size);
  if (err) return err;
  *head = f.head;
  if ((err = replay_over(net, &f))) replay_free(&f);
  return err;
}
