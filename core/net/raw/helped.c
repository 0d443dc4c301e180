/* SPDX-License-Identifier: MIT
 *
 * Each question waits for its answer, which takes as long as the kernel takes
 * for the packets. So sends are stamped as if we had made them, and errors come
 * back at once.
 */
#include "net/raw/helped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "net/host/child.h"

enum { PATIENCE_S = 3, OURS = 0, THEIRS = 1, PROOFS = 2 };
enum { SILENCE_NS = 50000000 };   /* before we ask whether it still runs */

struct helped {
  struct child child;
  int ask, hear;         /* our ends of its standard input and output */
  uint32_t have, able;
  unsigned ports;        /* extra ports that it knows */
  int known;             /* 1: it knows who we are */
  uint16_t refuse;       /* what its filters refuse */
  uint32_t count;        /* packets for the next send */
  size_t used;           /* bytes of |out| */
  size_t at, end;        /* of what is not read in |in| */
  int64_t heard_at;      /* ns; its last sign of life */
  int64_t asked_at;      /* ns; when we asked whether it runs; 0: not asked */
  int64_t until;         /* ns; when the last answer may come */
  struct message_answer answer;
  _Alignas(8) uint8_t out[MESSAGE_ROOM];
  _Alignas(8) uint8_t in[MESSAGE_ROOM];
};

static int pair(int end[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, end) ? -errno
                                                                     : 0;
}

static void shut(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

int helped_over(struct helped **out, int ask, int hear) {
  struct timeval patience = {.tv_sec = PATIENCE_S};
  struct helped *h = calloc(1, sizeof *h);
  if (!h) return -ENOMEM;
  h->child = (struct child){.in = -1, .in_end = -1, .out = -1, .err = -1};
  h->ask = ask;
  h->hear = hear;
  h->used = sizeof(struct message_ask);
  setsockopt(ask, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(ask, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  *out = h;
  return 0;
}

int helped_start(struct helped **out, int starter) {
  char path[CHILD_PATH];
  int ask[2] = {-1, -1}, hear[2] = {-1, -1};
  struct helped *h = NULL;
  if (child_locate("mtr-sockets", path, sizeof path)) return -ENOENT;
  int err = pair(ask);
  if (!err) err = pair(hear);
  if (!err) err = helped_over(&h, ask[OURS], hear[OURS]);
  if (!err)
    err = child_start_over(&h->child, path, starter, ask[THEIRS], hear[THEIRS]);
  shut(&ask[THEIRS]);
  shut(&hear[THEIRS]);
  if (!err) {
    *out = h;
    return 0;
  }
  helped_end(h);
  if (!h) shut(&ask[OURS]);
  if (!h) shut(&hear[OURS]);
  return err;
}

void helped_end(struct helped *h) {
  if (!h) return;
  shut(&h->ask);
  shut(&h->hear);
  child_end(&h->child);
  free(h);
}

/* Sends |size| bytes of |out| with |n| descriptors, and waits for the answer.
 * 0 or a negative errno. */
static int talk(struct helped *h, size_t size, const int *fd, size_t n) {
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(PROOFS * sizeof *fd)] = {0};
  struct iovec bytes = {h->out, size};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1};
  ssize_t got;
  if (n) {
    m.msg_control = room;
    m.msg_controllen = CMSG_SPACE(n * sizeof *fd);
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(n * sizeof *fd);
    memcpy(CMSG_DATA(c), fd, n * sizeof *fd);
  }
  do got = sendmsg(h->ask, &m, MSG_NOSIGNAL);
  while (got < 0 && errno == EINTR);
  if (got >= 0)
    do got = recv(h->ask, &h->answer, sizeof h->answer, 0);
    while (got < 0 && errno == EINTR);
  if (got < 0)
    return errno == EAGAIN ? -ETIMEDOUT : errno == ECONNRESET ? -EPIPE : -errno;
  if (got < (ssize_t)offsetof(struct message_answer, run)) return -EPIPE;
  if (h->answer.code > 0 || h->answer.code < -UINT16_MAX ||
      h->answer.runs > RAW_BATCH + 1 ||
      (size_t)got < offsetof(struct message_answer, run) +
                        h->answer.runs * sizeof *h->answer.run)
    return -EPROTO;
  return h->answer.code;
}

/* Whether |at| can be a time, so that sums with it can be formed. */
static int is_time(int64_t at) { return at >= 0 && at < INT64_MAX / 4; }

static int is_run(const struct message_run *r) {
  return is_time(r->start) && is_time(r->end) && r->start <= r->end &&
         r->sent >= 0 && r->sent <= RAW_BATCH && r->error >= 0 &&
         r->error <= UINT16_MAX;
}

/* Asks a question without packets. */
static int ask(struct helped *h, const struct message_ask *question,
               const int *fd, size_t n) {
  memcpy(h->out, question, sizeof *question);
  return talk(h, sizeof *question, fd, n);
}

/* The socket that holds a port; -1: none. */
static int socket_of(const struct ports *p, uint16_t number, int protocol) {
  for (uint32_t i = 0; i < p->count; i++)
    if (p->reserved[i].number == number &&
        (!protocol || p->reserved[i].protocol == protocol))
      return p->reserved[i].fd;
  return -1;
}

int helped_hello(struct helped *h, const struct filter *f,
                 const struct ports *ports) {
  int err = 0;
  if (!h->known) {
    struct message_ask q = {
        .what = MESSAGE_HELLO, .echo_base = f->echo_base,
        .echo_count = f->echo_count, .port_base = f->port_base};
    int fd[PROOFS] = {socket_of(ports, f->port_base, WIRE_UDP),
                      socket_of(ports, f->port_base, WIRE_TCP)};
    if ((err = ask(h, &q, fd, PROOFS))) return err;
    h->have = h->answer.have;
    h->able = h->answer.able;
    h->known = 1;
  }
  for (; h->ports < f->ports; h->ports++) {
    struct message_ask q = {.what = MESSAGE_PORT, .port = f->port[h->ports]};
    int fd = socket_of(ports, q.port, 0);
    if ((err = ask(h, &q, &fd, 1))) return err;
  }
  if (h->refuse == f->refuse) return 0;
  struct message_ask q = {.what = MESSAGE_REFUSE, .kind = f->refuse};
  h->refuse = f->refuse;
  return ask(h, &q, NULL, 0);
}

uint32_t helped_have(const struct helped *h) { return h->have; }

int helped_able(const struct helped *h) { return h->able != 0; }

int helped_fd(const struct helped *h) { return h->hear; }

void helped_hear(struct helped *h, int kind) {
  struct message_ask q = {.what = MESSAGE_HEAR, .kind = (uint32_t)kind};
  ask(h, &q, NULL, 0);
}

int helped_add(struct helped *h, const struct message_packet *p,
               const uint8_t *bytes) {
  size_t size = sizeof *p + message_padded(p->size);
  if (h->count == RAW_BATCH || size > sizeof h->out - h->used) return 0;
  memcpy(h->out + h->used, p, sizeof *p);
  memcpy(h->out + h->used + sizeof *p, bytes, p->size);
  h->used += size;
  h->count++;
  return 1;
}

const struct message_answer *helped_send(struct helped *h, int family,
                                         unsigned most, int *err) {
  struct message_ask q = {.what = MESSAGE_SEND, .count = h->count,
                          .family = (uint32_t)family, .most = most};
  size_t size = h->used;
  memcpy(h->out, &q, sizeof q);
  h->used = sizeof q;
  h->count = 0;
  *err = talk(h, size, NULL, 0);
  for (uint32_t i = 0; !*err && i < h->answer.runs; i++)
    if (!is_run(&h->answer.run[i])) *err = -EPROTO;
  return *err ? NULL : &h->answer;
}

void helped_awaits(struct helped *h, int64_t at, int64_t until) {
  if (at > h->heard_at) h->heard_at = at;
  if (until > h->until) h->until = until;
}

void helped_heard(struct helped *h, int64_t at) {
  if (at > h->heard_at) h->heard_at = at;
  h->asked_at = 0;
}

static int64_t ask_at(const struct helped *h) {
  return h->until > h->heard_at ? h->heard_at + SILENCE_NS : INT64_MAX;
}

int helped_check(struct helped *h, int64_t now) {
  const struct message_ask q = {.what = MESSAGE_LIVES};
  if (h->asked_at) return now >= helped_deadline(h) ? -ETIMEDOUT : 0;
  if (now < ask_at(h)) return 0;
  h->asked_at = now;
  if (send(h->ask, &q, sizeof q, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 0;
  return errno == EPIPE || errno == ECONNRESET ? -EPIPE : 0;
}

int64_t helped_unheard(const struct helped *h) {
  return h->asked_at ? h->heard_at : 0;
}

int64_t helped_deadline(const struct helped *h) {
  return h->asked_at ? h->asked_at + PATIENCE_S * 1000000000ll : ask_at(h);
}

int helped_more(const struct helped *h) { return h->at < h->end; }

const uint8_t *helped_read(struct helped *h, struct message_reply *r,
                           int *err) {
  *err = 0;
  if (!helped_more(h)) {
    ssize_t got = recv(h->hear, h->in, sizeof h->in, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return NULL;
    h->at = 0;
    h->end = got > 0 ? (size_t)got : 0;
    if (got <= 0) *err = got && errno != ECONNRESET ? -errno : -EPIPE;
    if (got <= 0) return NULL;
  }
  size_t left = h->end - h->at;
  if (left < sizeof *r) goto bad;
  memcpy(r, h->in + h->at, sizeof *r);
  if (r->kind == MESSAGE_HERE) {
    if (h->asked_at) helped_heard(h, h->asked_at);
    h->at = h->end;
    return NULL;
  }
  if (r->size > RAW_SNAP || r->kind < RAW_ICMP4 || r->kind >= RAW_FDS ||
      !is_time(r->at) ||
      message_padded(r->size) > left - sizeof *r)
    goto bad;
  const uint8_t *bytes = h->in + h->at + sizeof *r;
  h->at += sizeof *r + message_padded(r->size);
  return bytes;
bad:
  h->at = h->end = 0;
  *err = -EPROTO;
  return NULL;
}
