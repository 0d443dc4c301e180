/* SPDX-License-Identifier: MIT
 *
 * Sending for raw: packets are laid out in a fixed set of buffers and handed to
 * the kernel in runs of one family. A refusal of one packet is that packet's
 * outcome; a full queue ends the batch, and the rest is offered again, but not
 * for ever.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/raw/raw.h"
#include "wire/build.h"
#include "wire/fragment.h"

enum {
  PACKET_MAX = 65536,
  STAMPED = 8,           /* packets in a call: its time is shared among them */
  PATIENCE_MS = 1000,
  NEIGHBOUR_MS = 7000    /* until the kernel has cleaned a full table of them:
                          * three tries of a second to reach one, and the five
                          * seconds that it leaves new ones alone */
};

struct raw_buffers {
  struct mmsghdr message[RAW_BATCH];
  struct iovec bytes[RAW_BATCH];
  struct sockaddr_in6 to[RAW_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[RAW_BATCH][RAW_CONTROL];
  /* Touched only as far as used; a line apart, lest all share a cache set. */
  uint8_t packet[RAW_BATCH][PACKET_MAX + 64];
  uint8_t fragment[PACKET_MAX + 64];
};

struct raw_buffers *raw_send_new(void) {
  struct raw_buffers *b = calloc(1, sizeof *b);
  for (int i = 0; b && i < RAW_BATCH; i++) {
    b->bytes[i].iov_base = b->packet[i];
    b->message[i].msg_hdr.msg_iov = &b->bytes[i];
    b->message[i].msg_hdr.msg_iovlen = 1;
    b->message[i].msg_hdr.msg_name = &b->to[i];
  }
  return b;
}

static struct cmsghdr *option(struct msghdr *m, struct cmsghdr *after,
                              int level, int type, const void *data,
                              size_t size) {
  struct cmsghdr *c = after ? CMSG_NXTHDR(m, after) : CMSG_FIRSTHDR(m);
  c->cmsg_level = level;
  c->cmsg_type = type;
  c->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(c), data, size);
  return c;
}

/* Interface, routing source and mark travel beside the packet. */
static void options(struct msghdr *m, uint8_t *room,
                    const struct wire_probe *p) {
  struct cmsghdr *c = NULL;
  size_t used = 0;
  m->msg_control = NULL;
  m->msg_controllen = 0;
  if (!p->interface && !p->mark && !p->by_source) return;
  memset(room, 0, RAW_CONTROL);
  m->msg_control = room;
  m->msg_controllen = RAW_CONTROL;
  if (p->family == 4 && (p->interface || p->by_source)) {
    struct in_pktinfo info = {.ipi_ifindex = (int)p->interface};
    if (p->by_source) memcpy(&info.ipi_spec_dst, p->src, 4);
    c = option(m, c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    used += CMSG_SPACE(sizeof info);
  } else if (p->interface || p->by_source) {
    struct in6_pktinfo info = {.ipi6_ifindex = p->interface};
    if (p->by_source) memcpy(&info.ipi6_addr, p->src, 16);
    c = option(m, c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    used += CMSG_SPACE(sizeof info);
  }
  if (p->mark) {
    option(m, c, SOL_SOCKET, SO_MARK, &p->mark, sizeof p->mark);
    used += CMSG_SPACE(sizeof p->mark);
  }
  m->msg_controllen = used;
}

static int prepare(struct raw_buffers *b, unsigned i,
                   const struct wire_probe *p) {
  struct msghdr *m = &b->message[i].msg_hdr;
  int size = wire_build(p, b->packet[i], PACKET_MAX);
  if (size < 0) return size;
  b->bytes[i].iov_len = (size_t)size;
  m->msg_namelen =
      route_sockaddr(&b->to[i], p->family, p->dst, 0, p->interface);
  options(m, b->control[i], p);
  return size;
}

/* A packet may be larger than the whole queue of its link, so that patience has
 * to end. ENOBUFS may also be a full table of neighbours. */
int raw_later(struct raw *raw, int err, int64_t now) {
  int64_t patience = (err == ENOBUFS ? NEIGHBOUR_MS : PATIENCE_MS) * 1000000ll;
  if (err != ENOBUFS && err != EAGAIN && err != ENOMEM && err != EINTR)
    return 0;
  if (!raw->refused || now - raw->tried > patience) raw->refused = now;
  raw->tried = now;
  return now - raw->refused < patience;
}

/* Sends |p|, laid out in |m| and too large for the link, in fragments. 0 or an
 * errno. */
static int fragments(struct raw *raw, int fd, const struct msghdr *m,
                     const struct wire_probe *p) {
  struct net_route q = {.family = p->family, .interface = p->interface,
                        .mark = p->mark ? p->mark : raw->mark};
  struct iovec piece = {.iov_base = raw->out->fragment};
  struct msghdr part = *m;
  size_t at = 0;
  int n;
  if (p->dont_fragment) return EMSGSIZE;
  memcpy(q.dst, p->dst, sizeof q.dst);
  if (p->by_source) memcpy(q.src, p->src, sizeof q.src);
  int mtu = route_mtu(&q);
  if (mtu == -EPERM) {                 /* no privilege is left for the mark */
    q.mark = 0;
    mtu = route_mtu(&q);
  }
  if (mtu < 0) return -mtu;
  if (mtu > PACKET_MAX) mtu = PACKET_MAX;
  part.msg_iov = &piece;
  while ((n = wire_fragment(m->msg_iov->iov_base, m->msg_iov->iov_len,
                            (size_t)mtu, p->handle, &at, piece.iov_base)) > 0) {
    piece.iov_len = (size_t)n;
    if (sendmsg(fd, &part, MSG_DONTWAIT) < 0) return errno;
  }
  return -n;
}

/* Sends the prepared messages first..end-1; returns where it had to stop. */
static uint32_t flush(struct net *net, int fd, const struct wire_probe *v,
                      uint32_t first, uint32_t end, struct net_sent *sent) {
  struct raw *raw = (struct raw *)net;
  struct raw_buffers *b = raw->out;
  while (first < end) {
    unsigned run = end - first < STAMPED ? end - first : STAMPED;
    int64_t start = net->now();
    int n = sendmmsg(fd, &b->message[first], run, MSG_DONTWAIT);
    int err = errno;
    net_stamp(&sent[first], n, start, net->now(), &raw->usual);
    if (n > 0) {
      first += (uint32_t)n;
      raw->refused = 0;
      continue;
    }
    if (err == EMSGSIZE)
      err = fragments(raw, fd, &b->message[first].msg_hdr, &v[first]);
    if (raw_later(raw, err, start)) return first;
    sent[first].at = start;
    sent[first++].error = (uint16_t)err;
  }
  return first;
}

uint32_t raw_send(struct net *net, const struct wire_probe *v, uint32_t n,
                  struct net_sent *sent) {
  struct raw *raw = (struct raw *)net;
  struct raw_buffers *b = raw->out;
  uint32_t i = 0;
  if (n > RAW_BATCH) n = RAW_BATCH;
  while (i < n) {
    uint32_t first = i, family = v[i].family;
    int bad = 0;
    for (; i < n && v[i].family == family && !bad; i++) {
      int size = prepare(b, i, &v[i]);
      sent[i] = (struct net_sent){0};
      if (size < 0) {
        sent[i].at = net->now();
        sent[i].error = (uint16_t)-size;
        bad = 1;
      } else {
        sent[i].size = (uint16_t)size;
      }
    }
    int fd = raw->fd[family == 4 ? RAW_SEND4 : RAW_SEND6];
    uint32_t end = i - (uint32_t)bad;
    uint32_t at = flush(net, fd, v, first, end, sent);
    if (at < end) return at;
  }
  return n;
}
