/* SPDX-License-Identifier: MIT */
#include "net/user/queue.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/errqueue.h>

#include "wire/ext.h"
#include "wire/icmp.h"
#include "wire/proto.h"
#include "wire/verify.h"

/* Where RFC 4884 extensions are, since Linux 5.9; before it is 0. */
struct extensions {
  uint16_t at;           /* bytes into what was read; 0: not known */
  uint8_t flags;
  uint8_t reserved;
};

struct user_in {
  struct mmsghdr message[USER_BATCH];
  struct iovec bytes[USER_BATCH];
  struct sockaddr_in6 name[USER_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[USER_BATCH][USER_CONTROL];
  /* In front of each message is room for the headers of a quote: zeros. */
  uint8_t data[USER_BATCH][USER_HEAD + USER_SNAP];
  uint8_t ext[USER_BATCH * USER_SNAP]; /* of the replies of one call */
  size_t used;           /* bytes of it */
};

struct user_in *queue_new(void) {
  struct user_in *b = calloc(1, sizeof *b);
  for (int i = 0; b && i < USER_BATCH; i++) {
    struct msghdr *m = &b->message[i].msg_hdr;
    b->bytes[i] = (struct iovec){b->data[i] + USER_HEAD, USER_SNAP};
    m->msg_iov = &b->bytes[i];
    m->msg_iovlen = 1;
    m->msg_name = &b->name[i];
    m->msg_control = b->control[i];
  }
  return b;
}

void queue_begin(struct user *u) { u->in->used = 0; }

static int refused(int err) {
  return err == EPERM || err == EACCES || err == ENOSYS;
}

/* Reads up to |n| messages; returns how many, or -1. If recvmmsg is forbidden,
 * it tries recvmsg; if that is forbidden too, |broken| is set. */
static int read_some(struct user *u, int fd, int flags, unsigned n) {
  struct mmsghdr *m = u->in->message;
  int got = -1;
  if (!u->single) {
    got = recvmmsg(fd, m, n, flags, NULL);
    if (got >= 0 || !refused(errno)) return got;
    u->single = 1;
  }
  for (got = 0; got < (int)n; got++) {
    ssize_t size = recvmsg(fd, &m[got].msg_hdr, flags);
    if (size < 0) break;
    m[got].msg_len = (unsigned)size;
  }
  if (!got && refused(errno)) u->net.broken = errno;
  return got;
}

int queue_read(struct user *u, int fd, int errors, unsigned n) {
  struct user_in *b = u->in;
  if (n > USER_BATCH) n = USER_BATCH;
  for (unsigned i = 0; i < n; i++) {
    b->message[i].msg_hdr.msg_namelen = sizeof b->name[i];
    b->message[i].msg_hdr.msg_controllen = USER_CONTROL;
  }
  int flags = MSG_DONTWAIT | MSG_TRUNC | (errors ? MSG_ERRQUEUE : 0);
  int got = read_some(u, fd, flags, n);
  return got < 0 ? -errno : got;
}

static int is(const struct cmsghdr *c, int level, int type) {
  return c->cmsg_level == level && c->cmsg_type == type;
}

/* Writes the address and port of |name| to |addr|[16] and |*port|. */
static void read_name(const struct sockaddr_in6 *name, uint8_t *addr,
                      uint16_t *port) {
  memset(addr, 0, 16);
  if (name->sin6_family == AF_INET6) {
    memcpy(addr, &name->sin6_addr, 16);
    *port = ntohs(name->sin6_port);
    return;
  }
  struct sockaddr_in in;
  memcpy(&in, name, sizeof in);
  memcpy(addr, &in.sin_addr, 4);
  *port = ntohs(in.sin_port);
}

static void stamp(struct user *u, struct wire_reply *r, int64_t at,
                  const struct net_clock *clock) {
  at -= clock->offset;
  r->kernel_time = at <= clock->now || at <= u->net.now();
  r->at = r->kernel_time ? at : clock->now;
}

/* Takes the error in |c|, and its sender. Returns 0 or -ENOMSG. */
static int take_error(const struct cmsghdr *c, struct wire_reply *r,
                      struct extensions *ext) {
  struct sock_extended_err e;
  struct sockaddr_in6 from = {.sin6_family = AF_UNSPEC};
  uint16_t port;
  size_t room = c->cmsg_len - CMSG_LEN(0);
  if (room < sizeof e) return -ENOMSG;
  memcpy(&e, CMSG_DATA(c), sizeof e);
  if (e.ee_origin != SO_EE_ORIGIN_ICMP && e.ee_origin != SO_EE_ORIGIN_ICMP6)
    return -ENOMSG;
  room -= sizeof e;
  memcpy(&from, CMSG_DATA(c) + sizeof e,
         room < sizeof from ? room : sizeof from);
  if (from.sin6_family == AF_UNSPEC) return -ENOMSG;
  read_name(&from, r->from, &port);
  r->icmp_type = e.ee_type;
  r->icmp_code = e.ee_code;
  r->kind = (uint8_t)icmp_kind(r->family, e.ee_type, e.ee_code);
  if (r->kind == WIRE_TOO_BIG)
    r->mtu = (uint16_t)(e.ee_info < 0xffff ? e.ee_info : 0xffff);
  if (icmp_extends(r->family, e.ee_type)) memcpy(ext, &e.ee_data, sizeof *ext);
  return r->kind == WIRE_NONE ? -ENOMSG : 0;
}

/* Finds extensions in the |n| bytes at |data| that the kernel has read behind
 * headers of |head| bytes. Returns how many of them are the quote. */
static size_t find_extensions(struct user *u, const uint8_t *data, size_t n,
                              size_t head, int cut,
                              const struct extensions *ext,
                              struct wire_reply *r) {
  size_t length = ext->at ? ext->at + head : 0;
  size_t quote = ext_split(data - head, n + head, length, cut, r);
  if (r->ext_size) {
    uint8_t *copy = u->in->ext + u->in->used;
    r->ext = memcpy(copy, r->ext, r->ext_size);
    u->in->used += r->ext_size;
  }
  return quote > head ? quote - head : 0;
}

/* Returns 0; -ENOMSG: no router or host can have sent |r|, which is counted. */
static int check(struct user *u, const struct wire_reply *r) {
  if (wire_sender_possible(r->family, r->from, r->quoted_dst)) return 0;
  u->net.malformed++;
  return -ENOMSG;
}

int queue_message(struct user *u, unsigned i, int errors, int family,
                  int protocol, const struct net_clock *clock,
                  struct queue_message *q) {
  struct user_in *b = u->in;
  struct msghdr *m = &b->message[i].msg_hdr;
  struct wire_reply *r = &q->reply;
  struct extensions ext = {0};
  int err = errors ? -ENOMSG : 0, ttl = 0;
  size_t whole = b->message[i].msg_len, head;
  *r = (struct wire_reply){.family = family == USER_4 ? 4 : 6,
                           .at = clock->now, .protocol = WIRE_ICMP,
                           .quoted_protocol = (uint8_t)protocol};
  q->data = b->data[i] + USER_HEAD;
  q->size = whole < USER_SNAP ? whole : USER_SNAP;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (is(c, SOL_SOCKET, SCM_TIMESTAMPNS)) {
      struct timespec ts;
      memcpy(&ts, CMSG_DATA(c), sizeof ts);
      stamp(u, r, ts.tv_sec * 1000000000ll + ts.tv_nsec, clock);
    } else if (is(c, IPPROTO_IP, IP_TTL) ||
               is(c, IPPROTO_IPV6, IPV6_HOPLIMIT)) {
      memcpy(&ttl, CMSG_DATA(c), sizeof ttl);
      r->ttl = (uint8_t)ttl;
    } else if (errors && (is(c, IPPROTO_IP, IP_RECVERR) ||
                          is(c, IPPROTO_IPV6, IPV6_RECVERR))) {
      err = take_error(c, r, &ext);
    }
  }
  if (!errors) {
    read_name(&b->name[i], r->from, &r->dport);
    memcpy(r->quoted_dst, r->from, sizeof r->quoted_dst);
    r->protocol = (uint8_t)protocol;
    return check(u, r);
  }
  read_name(&b->name[i], r->quoted_dst, &r->dport);
  if (!err) err = check(u, r);
  head = family == USER_4 ? PROTO_IPV4_HEADER : PROTO_IPV6_HEADER;
  if (protocol == WIRE_UDP) head += PROTO_UDP_HEADER;
  if (!err && icmp_extends(r->family, r->icmp_type))
    q->size = find_extensions(u, q->data, q->size, head, whole > USER_SNAP,
                              &ext, r);
  return err;
}
