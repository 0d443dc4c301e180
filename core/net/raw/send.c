/* SPDX-License-Identifier: MIT */
#include "net/raw/send.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/host/control.h"
#include "net/raw/filters.h"
#include "net/raw/helped.h"
#include "wire/build.h"
#include "wire/fragment.h"
#include "wire/proto.h"

enum {
  PACKET_MAX = 65536,
  MANY = 64,             /* outstanding probes; above, speed comes first */
  STAMPED = 8,           /* packets in one call; they share its time */
  AGAIN_NS = 500000,     /* until refused probes are offered again */
  PATIENCE_MS = 1000,
  NEIGHBOUR_MS = 7000    /* time for the kernel to clean a full neighbour table:
                          * three tries of a second each to reach one, and
                          * five seconds in which it keeps new ones */
};

struct raw_buffers {
  struct mmsghdr message[RAW_BATCH];
  struct iovec bytes[RAW_BATCH];
  struct sockaddr_in6 to[RAW_BATCH];
  _Alignas(struct cmsghdr) uint8_t control[RAW_BATCH][RAW_CONTROL];
  /* Only used pages cost memory. The 64 bytes more avoid that all packets begin
   * in the same set of the cache. */
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

/* Writes control messages for the kernel's routes and policies, which do not
 * look into a packet that has its own IP header: interface, source address for
 * routing, mark, type of service, and for IPv4 the protocol. */
static void options(struct msghdr *m, uint8_t *room,
                    const struct wire_probe *p, int able) {
  struct cmsghdr *c = NULL;
  int protocol = p->protocol, tos = p->tos, v4 = p->family == 4;
  m->msg_control = room;
  m->msg_controllen = RAW_CONTROL;
  if (p->interface || p->mark || p->by_source || tos)
    memset(room, 0, RAW_CONTROL);
  if (v4 && able)
    c = control_add(m, c, IPPROTO_IP, RAW_IP_PROTOCOL, &protocol,
                    sizeof protocol);
  if (v4 && (p->interface || p->by_source)) {
    struct in_pktinfo info = {.ipi_ifindex = (int)p->interface};
    if (p->by_source) memcpy(&info.ipi_spec_dst, p->src, 4);
    c = control_add(m, c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
  } else if (p->interface || p->by_source) {
    struct in6_pktinfo info = {.ipi6_ifindex = p->interface};
    if (p->by_source) memcpy(&info.ipi6_addr, p->src, 16);
    c = control_add(m, c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
  }
  if (tos)
    c = control_add(m, c, v4 ? IPPROTO_IP : IPPROTO_IPV6,
                    v4 ? IP_TOS : IPV6_TCLASS, &tos, sizeof tos);
  if (p->mark)
    c = control_add(m, c, SOL_SOCKET, SO_MARK, &p->mark, sizeof p->mark);
  control_end(m, c);
}

/* Lays out |p| as message |i|. Returns its size or a negative errno. For IPv6
 * the port of the address gives the kernel the protocol. */
static int prepare(struct raw_buffers *b, unsigned i,
                   const struct wire_probe *p, int able) {
  struct msghdr *m = &b->message[i].msg_hdr;
  int size = wire_build(p, b->packet[i], PACKET_MAX);
  if (size < 0) return size;
  b->bytes[i].iov_len = (size_t)size;
  uint16_t port = 0;
  if (able && p->family == 6)
    port = p->protocol == WIRE_ICMP ? PROTO_ICMPV6 : p->protocol;
  m->msg_namelen =
      route_sockaddr(&b->to[i], p->family, p->dst, port, p->interface);
  options(m, b->control[i], p, able);
  return size;
}

/* Retries end after PATIENCE_MS, because a packet may be larger than the whole
 * queue of its link. ENOBUFS may also mean a full table of neighbours, so it is
 * retried for NEIGHBOUR_MS. */
int raw_later(struct raw *raw, int err, int64_t now) {
  int64_t patience = (err == ENOBUFS ? NEIGHBOUR_MS : PATIENCE_MS) * 1000000ll;
  if (err != ENOBUFS && err != EAGAIN && err != ENOMEM && err != EINTR)
    return 0;
  if (!raw->refused || now - raw->tried > patience) raw->refused = now;
  raw->tried = now;
  return now - raw->refused < patience;
}

/* Sends |p| in fragments; it is laid out in |m| and too large for the link.
 * Returns 0 or an errno. */
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

unsigned raw_run(struct raw *raw, unsigned n, unsigned most) {
  if (raw->net.soonest) {
    if (raw->net.soonest < raw->usual) raw->quick = RAW_QUICK;
    else if (raw->quick == RAW_UNKNOWN) raw->quick = 0;
  }
  raw->net.soonest = 0;
  if (raw->quick && raw->net.load < MANY) return 1;
  return n < most ? n : most;
}

void raw_sent(struct raw *raw, struct net_sent *sent, int n, int64_t start,
              int64_t end) {
  if (!raw->quick) {
    net_stamp(sent, n, start, end, &raw->usual);
    return;
  }
  if (raw->quick != RAW_UNKNOWN) raw->quick--;
  net_stamp_early(sent, n, start, end, &raw->usual);
}

/* Adds the prepared message |i| to what mtr-sockets is to send, in fragments of
 * |mtu| bytes unless that is 0. */
static int add(struct raw *raw, uint32_t i, const struct wire_probe *p,
               int mtu) {
  const struct iovec *bytes = &raw->out->bytes[i];
  struct message_packet head = {
      .size = (uint32_t)bytes->iov_len, .interface = p->interface,
      .by_source = p->by_source, .mtu = (uint32_t)mtu, .id = p->handle};
  return helped_add(raw->helped, &head, bytes->iov_base);
}

/* As fragments(), by mtr-sockets. Returns 0 or an errno. */
static int helped_fragments(struct raw *raw, uint32_t i,
                            const struct wire_probe *p) {
  struct net_route q = {.family = p->family, .interface = p->interface};
  int err;
  if (p->dont_fragment) return EMSGSIZE;
  memcpy(q.dst, p->dst, sizeof q.dst);
  if (p->by_source) memcpy(q.src, p->src, sizeof q.src);
  int mtu = route_mtu(&q);
  if (mtu < 0) return -mtu;
  add(raw, i, p, mtu);
  const struct message_answer *a =
      helped_send(raw->helped, p->family, STAMPED, &err);
  return !a ? -err : a->runs ? a->run[a->runs - 1].error : EPROTO;
}

/* Sends like flush(), by mtr-sockets. */
static uint32_t helped_flush(struct net *net, const struct wire_probe *v,
                             uint32_t first, uint32_t end,
                             struct net_sent *sent) {
  struct raw *raw = (struct raw *)net;
  while (first < end) {
    int err, family = v[first].family;
    for (uint32_t i = first; i < end && add(raw, i, &v[i], 0); i++) continue;
    const struct message_answer *a = helped_send(
        raw->helped, family, raw_run(raw, end - first, STAMPED), &err);
    if (!a) net->broken = -err;
    for (; net->broken && first < end; first++)
      sent[first] = (struct net_sent){.at = net->now(),
                                      .error = (uint16_t)net->broken};
    for (uint32_t i = 0; a && i < a->runs && first < end; i++) {
      const struct message_run *run = &a->run[i];
      int n = run->sent;
      if ((uint32_t)n > end - first) n = (int)(end - first);
      raw_sent(raw, &sent[first], n, run->start, run->end);
      for (; n > 0; n--, first++)
        helped_awaits(raw->helped, run->end,
                      run->end + v[first].timeout_ms * 1000000ll);
      if (run->sent > 0) raw->refused = 0;
      if (!run->error || first == end) continue;
      err = run->error;
      int64_t start = run->start;
      const struct wire_probe *p = &v[first];
      if (err == EMSGSIZE) err = helped_fragments(raw, first, p);
      if (err == EADDRNOTAVAIL)        /* it asks before the kernel does */
        err = route_lost(&raw->route, p->family, p->dst, p->interface);
      if (raw_later(raw, err, start)) {
        raw->again = start + AGAIN_NS;
        return first;
      }
      sent[first].at = start;
      sent[first++].error = (uint16_t)err;
      break;
    }
  }
  return first;
}

/* Sends the prepared messages first..end-1; returns the first that is left. */
static uint32_t flush(struct net *net, int fd, const struct wire_probe *v,
                      uint32_t first, uint32_t end, struct net_sent *sent) {
  struct raw *raw = (struct raw *)net;
  struct raw_buffers *b = raw->out;
  while (first < end) {
    unsigned run = raw_run(raw, end - first, STAMPED);
    int64_t start = net->now();
    int n = sendmmsg(fd, &b->message[first], run, MSG_DONTWAIT);
    int err = errno;
    raw_sent(raw, &sent[first], n, start, net->now());
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
  if (raw->filter.refuse) filters_watch(raw, net->now());
  for (; net->broken && i < n; i++)    /* no answer would be seen */
    sent[i] = (struct net_sent){.at = net->now(),
                                .error = (uint16_t)net->broken};
  while (i < n) {
    uint32_t first = i, family = v[i].family;
    int bad = 0;
    for (; i < n && v[i].family == family && !bad; i++) {
      int size = prepare(b, i, &v[i], raw->able);
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
    uint32_t at = raw->helped ? helped_flush(net, v, first, end, sent)
                              : flush(net, fd, v, first, end, sent);
    if (at < end) return at;
  }
  return n;
}
