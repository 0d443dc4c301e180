/* SPDX-License-Identifier: MIT */
#include "net/raw/receive.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "net/raw/filters.h"
#include "net/raw/helped.h"
#include "wire/parse.h"
#include "wire/verify.h"

struct raw_buffers {
  struct mmsghdr message[RAW_BATCH];
  struct iovec bytes[RAW_BATCH];
  struct sockaddr_in6 from[RAW_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[RAW_BATCH][RAW_CONTROL];
  uint8_t packet[RAW_BATCH][RAW_SNAP];
};

struct raw_buffers *raw_receive_new(void) {
  struct raw_buffers *b = calloc(1, sizeof *b);
  for (int i = 0; b && i < RAW_BATCH; i++) {
    struct msghdr *m = &b->message[i].msg_hdr;
    b->bytes[i] = (struct iovec){b->packet[i], RAW_SNAP};
    m->msg_iov = &b->bytes[i];
    m->msg_iovlen = 1;
    m->msg_name = &b->from[i];
    m->msg_control = b->control[i];
  }
  return b;
}

static int is(const struct cmsghdr *c, int level, int type) {
  return c->cmsg_level == level && c->cmsg_type == type;
}

/* A packet may have come while others of the batch were read. Then its time is
 * after |clock|->now, and the clock is read again to check it. */
void raw_stamp(struct net *net, struct wire_reply *r, int64_t at,
               const struct net_clock *clock) {
  at -= clock->offset;
  r->kernel_time = at <= clock->now || at <= net->now();
  r->at = r->kernel_time ? at : clock->now;
}

static void ancillary(struct raw *raw, unsigned i, struct msghdr *m,
                      struct wire_reply *r, const struct net_clock *clock) {
  struct timespec ts;
  struct in6_pktinfo info;
  uint32_t drops;
  int value;
  r->at = clock->now;
  r->kernel_time = 0;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
    if (is(c, SOL_SOCKET, SCM_TIMESTAMPNS)) {
      memcpy(&ts, CMSG_DATA(c), sizeof ts);
      raw_stamp(&raw->net, r, ts.tv_sec * 1000000000ll + ts.tv_nsec, clock);
    } else if (is(c, SOL_SOCKET, SO_RXQ_OVFL)) {
      memcpy(&drops, CMSG_DATA(c), sizeof drops);
      raw->net.drops += drops - raw->dropped[i];
      raw->dropped[i] = drops;
    } else if (is(c, IPPROTO_IPV6, IPV6_HOPLIMIT)) {
      memcpy(&value, CMSG_DATA(c), sizeof value);
      r->ttl = (uint8_t)value;
    } else if (is(c, IPPROTO_IPV6, IPV6_TCLASS)) {
      memcpy(&value, CMSG_DATA(c), sizeof value);
      r->tos = (uint8_t)value;
    } else if (is(c, IPPROTO_IPV6, IPV6_PKTINFO)) {
      memcpy(&info, CMSG_DATA(c), sizeof info);
      memcpy(r->to, &info.ipi6_addr, sizeof r->to);
    }
  }
}

static const int upper[RAW_FDS] = {[RAW_ICMP6] = WIRE_ICMP,
                                   [RAW_TCP6] = WIRE_TCP,
                                   [RAW_UDP6] = WIRE_UDP};

/* Whether an error of a socket is permanent, not an event of the network. */
static int lasts(int err) {
  return err == EPERM || err == EACCES || err == ENOSYS || err == EINVAL ||
         err == EBADF || err == ENOTSOCK;
}

/* Reads up to |n| packets; returns how many. If recvmmsg is forbidden, it tries
 * recvmsg; if that is forbidden too, |broken| is set: nothing can be
 * received. */
static int read_some(struct raw *raw, int fd, unsigned n) {
  struct mmsghdr *m = raw->in->message;
  int got = -1;
  if (!raw->single) {
    got = recvmmsg(fd, m, n, MSG_DONTWAIT | MSG_TRUNC, NULL);
    if (got >= 0 || !lasts(errno)) return got;
    raw->single = 1;
  }
  for (got = 0; got < (int)n; got++) {
    ssize_t size = recvmsg(fd, &m[got].msg_hdr, MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0) break;
    m[got].msg_len = (unsigned)size;
  }
  if (!got && lasts(errno)) raw->net.broken = errno;
  return got;
}

/* Parses a packet of the socket |i|. Returns 1 if it is a reply. */
static int parse(struct net *net, unsigned i, const uint8_t *bytes, size_t size,
                 size_t whole, struct wire_reply *r) {
  int err = upper[i] ? wire_parse6(bytes, size, whole, upper[i], r)
                     : wire_parse(bytes, size, whole, r);
  int intact = i != RAW_ICMP4 || wire_intact(bytes, size, whole, 1);
  if (!err && (!intact || !wire_possible(r))) err = -EBADMSG;
  if (err == -EBADMSG) net->malformed++;
  return !err;
}

/* Reads like raw_receive what mtr-sockets has received: one of its messages. */
static uint32_t from_helper(struct raw *raw, struct wire_reply *v, uint32_t n,
                            const struct net_clock *clock, int *more) {
  struct message_reply head;
  const uint8_t *bytes;
  uint32_t k = 0;
  int err = 0;
  *more = 0;
  raw->again = 0;
  if (raw->net.broken) return 0;
  do {
    struct wire_reply *r = &v[k];
    if (!(bytes = helped_read(raw->helped, &head, &err))) break;
    *more = 1;
    memcpy(r->from, head.from, sizeof r->from);
    memcpy(r->to, head.to, sizeof r->to);
    r->ttl = head.ttl;
    r->tos = head.tos;
    r->at = clock->now;
    r->kernel_time = 0;
    if (head.at) raw_stamp(&raw->net, r, head.at, clock);
    helped_heard(raw->helped, r->at);
    raw->net.drops += head.drops - raw->dropped[head.kind];
    raw->dropped[head.kind] = head.drops;
    k += (uint32_t)parse(&raw->net, head.kind, bytes, head.size, head.whole, r);
  } while (k < n && helped_more(raw->helped));
  if (!*more && !err) err = helped_check(raw->helped, clock->now);
  if (err) raw->net.broken = -err;
  raw->net.unheard = err ? 0 : helped_unheard(raw->helped);
  return k;
}

uint32_t raw_receive(struct net *net, unsigned i, struct wire_reply *v,
                     uint32_t n, const struct net_clock *clock, int *more) {
  struct raw *raw = (struct raw *)net;
  struct raw_buffers *b = raw->in;
  uint32_t k = 0;
  if (i == RAW_SPD) {
    spd_hear(&raw->spd);
    *more = 0;
    return 0;
  }
  if (n > RAW_BATCH) n = RAW_BATCH;
  filters_watch(raw, clock->now);
  if (raw->helped) return from_helper(raw, v, n, clock, more);
  for (uint32_t j = 0; j < n; j++) {
    b->message[j].msg_hdr.msg_namelen = sizeof b->from[j];
    b->message[j].msg_hdr.msg_controllen = RAW_CONTROL;
  }
  int got = read_some(raw, raw->fd[i], n);
  *more = got == (int)n;
  for (int j = 0; j < got; j++) {
    struct wire_reply *r = &v[k];
    struct msghdr *m = &b->message[j].msg_hdr;
    size_t whole = b->message[j].msg_len;
    size_t size = whole < RAW_SNAP ? whole : RAW_SNAP;
    memcpy(r->from, &b->from[j].sin6_addr, sizeof r->from);
    r->ttl = r->tos = 0;
    ancillary(raw, i, m, r, clock);
    k += (uint32_t)parse(net, i, b->packet[j], size, whole, r);
  }
  return k;
}
