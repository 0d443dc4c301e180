/* SPDX-License-Identifier: MIT
 *
 * record.c: records collect in a buffer of fixed size. Each step writes it to
 * the file if it is half full, or if the last write is a second ago.
 */
#include "net/tape/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
  BUFFER = 1 << 18,
  RECORD = TAPE_FRAME + TAPE_BODY,
  HALF = BUFFER / 2,
  OLD_NS = 1000000000
};

struct record {
  struct net net;        /* first */
  struct net *inner;     /* owned */
  struct net_ops ops;
  int fd;
  int error;             /* errno that ended the recording, 0 none */
  int finished;          /* 1: the END is written or has failed */
  uint32_t owed;         /* probes that were offered and are not yet sent */
  size_t used;           /* bytes in |buffer|, whole records */
  off_t whole;           /* bytes in the file, whole records */
  uint64_t records;
  uint64_t waiting;      /* those of them that are still in |buffer| */
  int64_t written;       /* ns; the time of the last write */
  struct tape_loss loss; /* as last recorded */
  uint8_t buffer[BUFFER];
};

static void fail(struct record *r, int error) {
  r->error = error;
  r->net.unrecorded += (double)r->waiting;
  if (ftruncate(r->fd, r->whole) || lseek(r->fd, r->whole, SEEK_SET) < 0)
    r->whole = 0;                      /* a pipe: its reader sees the cut */
}

static void flush(struct record *r) {
  size_t at = 0;
  while (at < r->used && !r->error) {
    ssize_t n = write(r->fd, r->buffer + at, r->used - at);
    if (n > 0) at += (size_t)n;
    else if (!n || errno != EINTR) fail(r, n ? errno : ENOSPC);
  }
  if (!r->error) r->whole += (off_t)r->used;
  r->used = 0;
  r->waiting = 0;
  r->written = r->net.at;
}

/* Returns the place for the next record; makes room for it. */
static uint8_t *room(struct record *r) {
  if (r->used + RECORD > BUFFER) flush(r);
  return r->buffer + r->used;
}

/* Keeps the record that ends at |end|, unless the recording has ended. */
static void keep(struct record *r, const uint8_t *end) {
  if (r->error || r->finished) {
    r->net.unrecorded += !r->finished;
    return;
  }
  r->used = (size_t)(end - r->buffer);
  r->records++;
  r->waiting++;
}

static void record_tick(struct net *net, int64_t due) {
  struct record *r = (struct record *)net;
  struct tape_tick tick = {.call = due == NET_CALL};
  net->at = tick.at = net->now();
  keep(r, tape_put_tick(room(r), &tick));
  if (r->used > HALF || net->at - r->written > OLD_NS) flush(r);
}

static int record_route(struct net *net, struct net_route *q) {
  struct record *r = (struct record *)net;
  struct tape_route route = {.ask = *q};
  int err = r->inner->ops->route(r->inner, q);
  memcpy(route.src, q->src, sizeof route.src);
  route.error = (uint16_t)-err;
  if (err && q->why) snprintf(route.why, sizeof route.why, "%s", q->why);
  keep(r, tape_put_route(room(r), &route));
  return err;
}

static int record_reserve(struct net *net, int protocol, uint16_t port) {
  struct record *r = (struct record *)net;
  int err = r->inner->ops->reserve(r->inner, protocol, port);
  if (!err) return 0;
  struct tape_port refused = {.error = (uint16_t)-err, .port = port,
                              .protocol = (uint8_t)protocol};
  keep(r, tape_put_port(room(r), &refused));
  return err;
}

static uint32_t record_send(struct net *net, const struct wire_probe *v,
                            uint32_t n, struct net_sent *sent) {
  struct record *r = (struct record *)net;
  r->inner->now = net->now;
  r->inner->load = net->load;
  r->inner->soonest = net->soonest;
  uint32_t k = r->inner->ops->send(r->inner, v, n, sent);
  for (uint32_t i = 0; i < k; i++) {
    struct tape_send s = {.probe = v[i], .sent = sent[i],
                          .payload = tape_hash(v[i].payload,
                                               v[i].payload_size),
                          .later = i < r->owed};
    keep(r, tape_put_send(room(r), &s));
  }
  r->owed = n - k;
  return k;
}

/* Gives the inner transport the real time, because the engine's time stands
 * still between ticks. */
static uint32_t record_receive(struct net *net, unsigned i,
                               struct wire_reply *v, uint32_t n,
                               const struct net_clock *clock, int *more) {
  struct record *r = (struct record *)net;
  struct net *inner = r->inner;
  struct net_clock real = {.now = net->now(), .offset = clock->offset};
  inner->now = net->now;
  memcpy(inner->flooded, net->flooded, sizeof inner->flooded);
  uint32_t k = inner->ops->receive(inner, i, v, n, &real, more);
  for (uint32_t j = 0; j < k; j++) keep(r, tape_put_reply(room(r), &v[j]));
  net->drops = inner->drops;
  net->malformed = inner->malformed;
  struct tape_loss loss = {(uint64_t)net->drops, (uint64_t)net->malformed};
  if (memcmp(&loss, &r->loss, sizeof loss))
    keep(r, tape_put_loss(room(r), &loss));
  r->loss = loss;
  return k;
}

static void record_resolved(struct net *net, const char *name, unsigned family,
                            const struct net_route *v, uint32_t n, int error) {
  struct record *r = (struct record *)net;
  struct tape_name answer = {.error = (uint16_t)error,
                             .family = (uint8_t)family};
  if (n > TAPE_NAMES) n = TAPE_NAMES;
  answer.count = (uint8_t)n;
  snprintf(answer.name, sizeof answer.name, "%s", name);
  memcpy(answer.found, v, n * sizeof *v);
  keep(r, tape_put_name(room(r), &answer));
}

static int64_t record_deadline(struct net *net) {
  struct net *inner = ((struct record *)net)->inner;
  return inner->ops->deadline(inner);
}

static void record_fds(struct net *net, int fd[NET_FDS]) {
  struct net *inner = ((struct record *)net)->inner;
  inner->ops->fds(inner, fd);
}

static int record_finish(struct net *net) {
  struct record *r = (struct record *)net;
  if (r->finished) return -r->error;
  flush(r);
  struct tape_end end = {r->records};
  keep(r, tape_put_end(room(r), &end));
  flush(r);
  r->finished = 1;
  return -r->error;
}

static void record_close(struct net *net, int32_t *sockets) {
  struct record *r = (struct record *)net;
  r->inner->forked = net->forked;
  if (!net->forked) record_finish(net);
  r->inner->ops->close(r->inner, sockets);
  close(r->fd);
  free(r);
}

static const struct net_ops record_ops = {
    .route = record_route,
    .reserve = record_reserve,
    .send = record_send,
    .receive = record_receive,
    .resolved = record_resolved,
    .tick = record_tick,
    .finish = record_finish,
    .deadline = record_deadline,
    .fds = record_fds,
    .close = record_close};

/* Opens the file, locks it for this engine and empties it. Returns the
 * descriptor or a negative errno. */
static int open_file(const char *path) {
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (fd < 0) return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
    close(fd);
    return -EBUSY;
  }
  if (ftruncate(fd, 0) && errno != EINVAL) {
    int err = -errno;
    close(fd);
    return err;
  }
  return fd;
}

int record_open(struct net **net, struct net *inner, const char *path,
                struct tape_head *head, int64_t (*now)(void)) {
  int fd = open_file(path);
  if (fd < 0) return fd;
  struct record *r = calloc(1, sizeof *r);
  if (!r) {
    close(fd);
    return -ENOMEM;
  }
  r->net = *inner;                     /* caps, bases */
  r->net.ops = &r->ops;
  r->net.now = now;
  r->net.at = r->written = head->at = now();
  r->net.epoch = head->epoch;
  r->inner = inner;
  r->fd = fd;
  r->ops = record_ops;
  r->ops.name = inner->ops->name;
  if (!inner->ops->deadline) r->ops.deadline = NULL;
  head->caps = inner->caps;
  head->port_base = inner->port_base;
  head->echo_base = inner->echo_base;
  snprintf(head->name, sizeof head->name, "%s", inner->ops->name);
  r->used = (size_t)(tape_prologue(r->buffer) - r->buffer);
  keep(r, tape_put_head(room(r), head));
  flush(r);
  if (r->error) {
    int err = -r->error;
    close(fd);
    free(r);
    return err;
  }
  *net = &r->net;
  return 0;
}
