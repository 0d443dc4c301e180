/* SPDX-License-Identifier: MIT
 *
 * While the engine does not read, packets wait here, and when the queue is full
 * in the sockets, whose losses are counted. Without CAP_NET_ADMIN the sockets
 * have room for a millisecond only.
 */
#include "sockets/serve.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "net/host/ports.h"
#include "net/net.h"
#include "net/raw/sockets.h"
#include "sockets/receive.h"
#include "sockets/send.h"
#include "wire/record.h"

enum { PROOFS = 2, POLLED = 2 + RAW_FDS };

void serve_prepare(struct serve *s) {
  int off = 0;
  s->able = !s->opened && sockets_able(s->fd[RAW_SEND4]);
  for (int i = RAW_SEND4; i <= RAW_SEND6; i++)
    if (s->fd[i] >= 0)
      setsockopt(s->fd[i], SOL_SOCKET, SO_BROADCAST, &off, sizeof off);
  for (int i = 0; i < RAW_BATCH; i++) {
    s->out[i].msg_hdr.msg_iov = &s->out_bytes[i];
    s->out[i].msg_hdr.msg_iovlen = 1;
    s->out[i].msg_hdr.msg_name = &s->to[i];
    s->in_bytes[i] = (struct iovec){s->packet[i], RAW_SNAP};
    s->in[i].msg_hdr = (struct msghdr){
        .msg_iov = &s->in_bytes[i], .msg_iovlen = 1, .msg_name = &s->from[i],
        .msg_control = s->in_control[i]};
  }
}

/* Whether |fd| is a socket of |protocol| (0: UDP or TCP) bound to |port|: then
 * whoever has it has the port. */
static int has_port(int fd, int protocol, uint16_t port) {
  struct sockaddr_in6 at = {.sin6_port = 0};   /* IPv4 has it there too */
  socklen_t size = sizeof at, room = sizeof(int);
  int found = 0, domain = 0;
  if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &found, &room) ||
      getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &room) ||
      getsockname(fd, (struct sockaddr *)&at, &size))
    return 0;
  return (domain == AF_INET || domain == AF_INET6) && port &&
         ntohs(at.sin6_port) == port &&
         (protocol ? found == protocol
                   : found == WIRE_UDP || found == WIRE_TCP);
}

/* Whether |base| is the first port of a block that engines use. All of them are
 * below the ports that the kernel gives to sockets which ask for none. */
static int is_block(uint16_t base) {
  unsigned at = base - (unsigned)PORTS_FIRST;
  return at % NET_PORTS == 0 && at / NET_PORTS < PORTS_BLOCKS;
}

static int hello(struct serve *s, const struct message_ask *q, const int *fd,
                 int n) {
  struct filter *who = &s->guard.who;
  if (s->known || n != PROOFS || !has_port(fd[0], WIRE_UDP, q->port_base) ||
      !has_port(fd[1], WIRE_TCP, q->port_base) || !is_block(q->port_base) ||
      !q->echo_base || q->echo_base + q->echo_count > 65536)
    return -EINVAL;
  *who = (struct filter){.echo_base = q->echo_base, .port_base = q->port_base,
                         .echo_count = q->echo_count, .port_count = NET_PORTS};
  int err = s->opened ? s->opened : sockets_filter(s->fd, who);
  s->known = !err;
  s->answer.have = s->opened ? 0 : sockets_have(s->fd);
  s->answer.able = (uint32_t)s->able;
  return err;
}

static int add_port(struct serve *s, uint16_t port, const int *fd, int n) {
  struct filter *who = &s->guard.who;
  if (!s->known || n != 1 || !has_port(fd[0], 0, port)) return -EINVAL;
  if (who->ports == FILTER_PORTS) return -EMFILE;
  who->port[who->ports++] = port;
  return sockets_filter(s->fd, who);
}

static int refuse(struct serve *s, uint32_t kinds) {
  if (!s->known) return -EINVAL;
  s->guard.who.refuse = (uint16_t)kinds;
  return sockets_filter(s->fd, &s->guard.who);
}

static int hear(struct serve *s, uint32_t kind) {
  if (!s->known || kind < RAW_ICMP4 || kind >= RAW_FDS) return -EINVAL;
  sockets_listen((int)kind, s->fd[kind], 1);
  return 0;
}

/* Takes one question and answers it. Returns 0 when the engine has ended. */
static int take(struct serve *s) {
  _Alignas(struct cmsghdr) char room[CMSG_SPACE(PROOFS * sizeof(int))];
  struct iovec bytes = {s->asked, sizeof s->asked};
  struct msghdr m = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = room,
                     .msg_controllen = sizeof room};
  struct message_ask q = {.what = 0};
  int fd[PROOFS], n = 0, err;
  ssize_t size = recvmsg(SERVE_ASK, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (!size) return 0;
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
    n = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof *fd);
    memcpy(fd, CMSG_DATA(c), (size_t)n * sizeof *fd);
  }
  s->answer.runs = 0;
  if (size < (ssize_t)sizeof q || m.msg_flags & MSG_TRUNC) {
    err = -EINVAL;
  } else {
    memcpy(&q, s->asked, sizeof q);
    err = q.what == MESSAGE_SEND     ? send_packets(s, (size_t)size)
          : q.what == MESSAGE_HEAR   ? hear(s, q.kind)
          : q.what == MESSAGE_REFUSE ? refuse(s, q.kind)
          : q.what == MESSAGE_HELLO  ? hello(s, &q, fd, n)
          : q.what == MESSAGE_PORT   ? add_port(s, q.port, fd, n) : -EINVAL;
  }
  for (int i = 0; i < n; i++) close(fd[i]);
  if (q.what == MESSAGE_LIVES) return s->lives = 1;
  s->answer.code = err;
  size_t said = offsetof(struct message_answer, run) +
                s->answer.runs * sizeof *s->answer.run;
  return send(SERVE_ASK, &s->answer, said, MSG_NOSIGNAL) >= 0;
}

/* Writes a message. Returns 1; 0: not now; -1: the engine has ended. */
static int put(const void *bytes, size_t size) {
  if (send(SERVE_GIVE, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return 1;
  return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

/* Writes what waits. Returns 0 when the engine has ended. */
static int give(struct serve *s) {
  static const struct message_reply here = {.kind = MESSAGE_HERE};
  int wrote = 1;
  while (s->waiting && wrote > 0) {
    const struct serve_message *m = &s->queue[s->first];
    if ((wrote = put(m->bytes, m->size)) < 1) break;
    s->first = (s->first + 1) % SERVE_QUEUE;
    s->waiting--;
  }
  if (!s->waiting && s->lives && (wrote = put(&here, sizeof here)) > 0)
    s->lives = 0;
  return wrote >= 0;
}

/* Empties the socket |kind|, if there is room: more may have come than is sent
 * meanwhile. */
static void receive(struct serve *s, int kind) {
  for (int n = RAW_BATCH; n == RAW_BATCH && s->waiting < SERVE_QUEUE;) {
    struct serve_message *m =
        &s->queue[(s->first + s->waiting) % SERVE_QUEUE];
    n = receive_packets(s, kind, m);
    s->waiting += n > 0;
  }
}

void serve_run(struct serve *s) {
  struct pollfd p[POLLED];
  for (;;) {
    int full = s->waiting == SERVE_QUEUE;
    p[0] = (struct pollfd){.fd = SERVE_ASK, .events = POLLIN};
    p[1] = (struct pollfd){.fd = SERVE_GIVE,
                           .events = s->waiting || s->lives ? POLLOUT : 0};
    for (int i = 0; i < RAW_FDS; i++)
      p[2 + i] = (struct pollfd){
          .fd = i < RAW_ICMP4 || full || s->opened ? -1 : s->fd[i],
          .events = POLLIN};
    if (ppoll(p, POLLED, NULL, NULL) < 0 && errno != EINTR) return;
    if (p[1].revents & (POLLERR | POLLHUP)) return;
    if (p[0].revents && !take(s)) return;
    for (int i = RAW_ICMP4; i < RAW_FDS; i++)
      if (p[2 + i].revents) receive(s, i);
    if (!give(s)) return;
  }
}
