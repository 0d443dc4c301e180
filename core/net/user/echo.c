/* SPDX-License-Identifier: MIT */
#include "net/user/echo.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "net/user/queue.h"
#include "net/user/socket.h"
#include "wire/build.h"
#include "wire/icmp.h"
#include "wire/proto.h"

enum {
  RUN = 8,               /* packets in one call; they share its time */
  MANY = 64,             /* outstanding probes; above, speed comes first */
  PACKET_MAX = 65536,
  TRIES = 64,            /* to find identifiers that nobody has */
  AGAIN = 16             /* how often a send is tried after a pending error */
};

struct user_out {
  struct mmsghdr message[RUN];
  struct iovec bytes[RUN];
  struct sockaddr_in6 to[RUN];
  _Alignas(struct cmsghdr) uint8_t control[RUN][USER_CONTROL];
  uint8_t packet[RUN][PACKET_MAX + 64];
};

static struct user_out *out_new(void) {
  struct user_out *b = calloc(1, sizeof *b);
  for (int i = 0; b && i < RUN; i++) {
    b->message[i].msg_hdr.msg_iov = &b->bytes[i];
    b->message[i].msg_hdr.msg_iovlen = 1;
    b->message[i].msg_hdr.msg_name = &b->to[i];
  }
  return b;
}

/* Binds |fd| to the echo identifier |id|. */
static int bind_to(int fd, int family, uint16_t id) {
  static const uint8_t any[16];
  struct sockaddr_in6 at;
  unsigned size = route_sockaddr(&at, family == USER_4 ? 4 : 6, any, id, 0);
  return bind(fd, (struct sockaddr *)&at, size) ? -errno : 0;
}

static void close_family(struct user *u, int family) {
  for (unsigned i = 0; i < USER_REGIONS; i++) {
    if (u->echo[family][i] >= 0) close(u->echo[family][i]);
    u->echo[family][i] = -1;
  }
}

/* Linux before 5.18 does not read the hop limit of a message to a ping socket
 * of IPv6, and would send it with another one. It does not find this impossible
 * one either. */
static int reads_hop_limit(int fd) {
  uint8_t ping[PROTO_ICMP_HEADER] = {PROTO_ECHO6}, room[64] = {0};
  struct sockaddr_in6 to = {.sin6_family = AF_INET6,
                            .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  struct iovec bytes = {ping, sizeof ping};
  struct msghdr m = {.msg_name = &to, .msg_namelen = sizeof to,
                     .msg_iov = &bytes, .msg_iovlen = 1,
                     .msg_control = room,
                     .msg_controllen = CMSG_SPACE(sizeof(int))};
  int impossible = 1000;
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = IPPROTO_IPV6;
  c->cmsg_type = IPV6_HOPLIMIT;
  c->cmsg_len = CMSG_LEN(sizeof impossible);
  memcpy(CMSG_DATA(c), &impossible, sizeof impossible);
  return sendmsg(fd, &m, MSG_DONTWAIT) < 0 && errno == EINVAL;
}

/* Opens the sockets of |family|, with the identifiers from |base| on. 0 or a
 * negative errno; then none is open. */
static int open_family(struct user *u, int family, uint16_t base) {
  int err = 0;
  for (unsigned i = 0; i < u->regions && !err; i++) {
    int fd = socket_open(u, family, WIRE_ICMP);
    if (fd < 0) {
      err = fd;
      break;
    }
    u->echo[family][i] = fd;
    err = bind_to(fd, family, (uint16_t)(base + i));
    if (!err && family == USER_6 && !i && !reads_hop_limit(fd))
      err = -EOPNOTSUPP;
    if (!err)
      err = socket_watch(u, fd, USER_ECHO,
                         (uint32_t)family * USER_POOL + i, 0);
  }
  if (err) close_family(u, family);
  return err;
}

static int fatal(int err) {
  return err == -EMFILE || err == -ENOMEM || err == -ENOBUFS;
}

int echo_open(struct user *u) {
  int *err = u->closed, again = 1;
  if (!(u->out = out_new())) return -ENOMEM;
  for (int i = 0; i < TRIES && again; i++) {
    close_family(u, USER_4);
    close_family(u, USER_6);
    u->net.echo_base = (uint16_t)(1 + rand_below(&u->rand,
                                                 0xffff - u->regions));
    err[USER_4] = open_family(u, USER_4, u->net.echo_base);
    err[USER_6] = open_family(u, USER_6, u->net.echo_base);
    again = err[USER_4] == -EADDRINUSE || err[USER_6] == -EADDRINUSE;
  }
  return fatal(err[USER_4]) ? err[USER_4] : fatal(err[USER_6]) ? err[USER_6]
                                                               : 0;
}

void echo_close(struct user *u) {
  close_family(u, USER_4);
  close_family(u, USER_6);
  free(u->out);
}

/* Lays out |p| as message |i|. Returns the size of its packet or a negative
 * errno. */
static int prepare(struct user_out *b, unsigned i, const struct wire_probe *p) {
  struct msghdr *m = &b->message[i].msg_hdr;
  size_t head = p->family == 4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER;
  int size = wire_build(p, b->packet[i], PACKET_MAX);
  if (size < 0) return size;
  b->bytes[i].iov_base = b->packet[i] + head;
  b->bytes[i].iov_len = (size_t)size - head;
  m->msg_namelen = route_sockaddr(&b->to[i], p->family, p->dst, 0,
                                  p->interface);
  if (p->family == 6 && p->dst[0] == 0xff)             /* RFC 4291 2.7 */
    b->to[i].sin6_scope_id = p->interface;
  socket_options(m, b->control[i], p);
  return size;
}

static unsigned region_of(const struct user *u, const struct wire_probe *p) {
  return (uint16_t)(p->sport - u->net.echo_base);
}

/* Sends |n| prepared messages. A pending error of the socket, about an earlier
 * probe, fails a send without reason; it is in the queue of errors, too. */
static int send_some(int fd, struct mmsghdr *m, unsigned n) {
  int got = -1;
  for (int i = 0; i < AGAIN && got < 0; i++) {
    got = sendmmsg(fd, m, n, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == ENOBUFS || errno == EPERM))
      break;
  }
  return got;
}

uint32_t echo_send(struct user *u, const struct wire_probe *v, uint32_t n,
                   struct net_sent *sent) {
  struct user_out *b = u->out;
  int family = v->family == 4 ? USER_4 : USER_6;
  unsigned region = region_of(u, v), most = u->net.load < MANY ? 1 : RUN;
  int fd = region < u->regions ? u->echo[family][region] : -1, size = 0;
  uint32_t k = 0;
  if (n > most) n = most;
  for (; k < n && v[k].protocol == WIRE_ICMP && v[k].family == v->family &&
         region_of(u, &v[k]) == region &&
         v[k].dont_fragment == v->dont_fragment; k++) {
    if ((size = prepare(b, k, &v[k])) < 0) break;
    sent[k] = (struct net_sent){.size = (uint16_t)size};
  }
  int64_t start = u->net.now();
  if (!k) {
    *sent = (struct net_sent){.at = start, .error = (uint16_t)-size};
    return 1;
  }
  if (u->df[family][region] != v->dont_fragment)
    socket_df(fd, family, u->df[family][region] = v->dont_fragment);
  int got = send_some(fd, b->message, k), err = errno;
  if (got < 0 && err == EMSGSIZE && v->family == 6 && !v->dont_fragment) {
    socket_split(fd, 1);
    got = send_some(fd, b->message, 1);
    err = errno;
    socket_split(fd, 0);
  }
  if (got > 0) {
    net_stamp_early(sent, got, start, u->net.now(), &u->usual);
    user_took(u);
    return (uint32_t)got;
  }
  if ((err == EAGAIN || err == ENOBUFS) && user_wait(u, start)) return 0;
  err = socket_reason(u, v, err);
  *sent = (struct net_sent){.at = start, .error = (uint16_t)err};
  return 1;
}

/* Makes |r| the answer to the ping whose ICMP header is at |q|->data. */
static int quoted(const struct queue_message *q, struct wire_reply *r) {
  struct bytes b = bytes_of(q->data, q->size);
  bytes_u16(&b);                       /* type and code */
  r->checksum = bytes_u16(&b);
  r->sport = bytes_u16(&b);
  r->id = bytes_u16(&b);
  r->dport = 0;
  return b.bad ? -EBADMSG : 0;
}

static int answered(const struct queue_message *q, struct wire_reply *r) {
  r->dport = 0;
  int err = icmp_parse(q->data, q->size, 0, r);
  return !err && r->kind != WIRE_ECHO_REPLY ? -ENOMSG : err;
}

uint32_t echo_receive(struct user *u, int family, unsigned region, int errors,
                      struct wire_reply *v, uint32_t n,
                      const struct net_clock *clock) {
  int got = queue_read(u, u->echo[family][region], errors, n);
  uint32_t k = 0;
  for (int i = 0; i < got; i++) {
    struct queue_message q;
    if (queue_message(u, (unsigned)i, errors, family, WIRE_ICMP, clock, &q))
      continue;
    int err = errors ? quoted(&q, &q.reply) : answered(&q, &q.reply);
    if (err == -EBADMSG) u->net.malformed++;
    if (!err) v[k++] = q.reply;
  }
  return k;
}
