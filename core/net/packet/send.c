/* SPDX-License-Identifier: MIT */
#include "net/packet/send.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/packet/fib.h"
#include "net/packet/receive.h"
#include "net/raw/send.h"
#include "wire/build.h"
#include "wire/proto.h"

enum {
  LINE = 64,             /* each packet begins on a cache line */
  ROOM = PROTO_PACKET_MAX + LINE,
  STAMPED = 16,          /* packets in one call; they share its time */
  KEEP_NS = 1000000000   /* so often the kernel gets a packet for a hop */
};

struct packet_buffers {
  struct mmsghdr message[RAW_BATCH];
  struct iovec bytes[RAW_BATCH];
  struct sockaddr_ll to[RAW_BATCH];
  const char *why[RAW_BATCH];          /* why raw has to send it; NULL: no */
  size_t used;                         /* bytes used in |packets| */
  uint8_t packets[RAW_BATCH * ROOM];   /* only used pages cost memory */
};

struct packet_buffers *packet_send_new(void) {
  struct packet_buffers *b = calloc(1, sizeof *b);
  for (int i = 0; b && i < RAW_BATCH; i++) {
    struct msghdr *m = &b->message[i].msg_hdr;
    m->msg_iov = &b->bytes[i];
    m->msg_iovlen = 1;
    m->msg_name = &b->to[i];
    m->msg_namelen = sizeof b->to[i];
    b->to[i].sll_family = AF_PACKET;
  }
  return b;
}

/* alone: raw would take another route, so only packet may send it.
 * keeping: raw sends this one, so that the kernel confirms the neighbour. */
static const char alone[] = "a rule of this host that raw cannot follow";
static const char keeping[] = "the kernel confirms the next hop";

/* Returns the next hop of |w|, or NULL and in |*why| the reason why packet may
 * not send it. A probe with a source address or an interface is sent by packet
 * only if they cannot change the route. */
static const struct fib_hop *next_hop(struct packet *p,
                                      const struct wire_probe *w,
                                      const char **why, int64_t now) {
  int simple = p->fib.table[w->family == 6].simple;
  int group = w->family == 4 ? w->dst[0] >= 0xe0 : w->dst[0] == 0xff;
  fib_flow(&p->fib, w->family, w->protocol, w->sport, w->dport, w->tos);
  *why = group         ? "a group or a broadcast"
         : w->mark     ? "a mark of its own"
         : w->by_source && !simple ? "a source address that may matter"
                                   : NULL;
  if (*why) return NULL;
  struct fib_route *route = fib_find(&p->fib, w->family, w->dst, now);
  struct fib_hop *h = fib_hop(&p->fib, w->family, w->dst, route, why, now);
  if (p->raw.spd.state > SPD_NONE && h &&
      (w->by_source ||
       spd_applies(&p->raw.spd, w->family, w->dst, h->mtu, now)))
    *why = "an IPsec policy of this host";
  if (*why) return NULL;
  if (w->interface && (!simple || w->interface != h->link))
    *why = "an interface that is not the route's";
  if (!h->lasting && now - h->kept >= KEEP_NS) {
    h->kept = now;
    if (p->fib.same) *why = keeping;
    else route_poke(w->family, h->addr, h->link);
  }
  return *why ? NULL : h;
}

/* Lays out |w| as message |i|. Returns its size; 0 if raw has to send it, for
 * the reason b->why[i]. A probe that cannot be built is left to raw, which
 * reports the error. */
static int prepare(struct packet *p, unsigned i, const struct wire_probe *w,
                   int64_t now) {
  struct packet_buffers *b = p->out;
  const struct fib_hop *h = next_hop(p, w, &b->why[i], now);
  if (!h && !p->fib.same) b->why[i] = alone;
  if (!h) return 0;
  uint8_t *at = b->packets + b->used;
  int size = wire_build(w, at, ROOM);
  if (size < 0) b->why[i] = "a probe that cannot be";
  else if ((uint32_t)size > h->mtu) b->why[i] = "larger than its link takes";
  if (b->why[i]) return 0;
  b->bytes[i] = (struct iovec){at, (size_t)size};
  b->to[i].sll_protocol = htons(w->family == 4 ? ETH_P_IP : ETH_P_IPV6);
  b->to[i].sll_ifindex = (int)h->link;
  b->to[i].sll_halen = h->size;
  memcpy(b->to[i].sll_addr, h->hardware, sizeof h->hardware);
  b->used += ((size_t)size + LINE - 1) / LINE * LINE;
  return size;
}

/* Lets |n| probes wait until the next hop is known; after a second they fail
 * with EHOSTUNREACH. */
static uint32_t refuse(struct net *net, uint32_t n,
                       struct net_sent *sent) {
  int64_t now = net->now();
  if (raw_later((struct raw *)net, EAGAIN, now)) return 0;
  for (uint32_t i = 0; i < n; i++)
    sent[i] = (struct net_sent){.at = now, .error = EHOSTUNREACH};
  return n;
}

/* Sends |n| probes through raw, for the reason |why|. */
static uint32_t detour(struct net *net, const struct wire_probe *v, uint32_t n,
                       struct net_sent *sent, const char *why) {
  if (why == alone) return refuse(net, n, sent);
  uint32_t k = raw_send(net, v, n, sent);
  if (why == keeping) return k;
  net->detours += k;
  if (k) net->detour = why;
  return k;
}

/* Sends the prepared messages first..end-1; returns the first that is left. */
static uint32_t flush(struct packet *p, const struct wire_probe *v,
                      uint32_t first, uint32_t end, struct net_sent *sent) {
  struct net *net = &p->raw.net;
  int fd = p->fd[v[first].family == 6];
  while (first < end) {
    unsigned run = raw_run(&p->raw, end - first, STAMPED);
    int64_t start = net->now();
    int n = sendmmsg(fd, &p->out->message[first], run, MSG_DONTWAIT);
    int err = errno;
    raw_sent(&p->raw, &sent[first], n, start, net->now());
    if (n > 0) {
      first += (uint32_t)n;
      p->raw.refused = 0;
      continue;
    }
    if (raw_later(&p->raw, err, start)) return first;
    p->fib.stale = 1;
    if (!detour(net, &v[first], 1, &sent[first], "a link that refuses"))
      return first;
    first++;
  }
  return first;
}

uint32_t packet_send(struct net *net, const struct wire_probe *v, uint32_t n,
                     struct net_sent *sent) {
  struct packet *p = (struct packet *)net;
  const char **why = p->out->why;
  int64_t now = net->now();
  packet_shift(p, now);
  int slow = p->gear == PACKET_SLOW || p->gear == PACKET_FALLING;
  if (net->broken || (!p->eager && slow))
    return raw_send(net, v, n, sent);
  if (n > RAW_BATCH) n = RAW_BATCH;
  p->out->used = 0;
  for (uint32_t i = 0; i < n; i++)
    sent[i] = (struct net_sent){
        .size = (uint16_t)prepare(p, i, &v[i], now)};
  for (uint32_t i = 0; i < n;) {
    uint32_t end = i + 1, at;
    while (end < n && why[end] == why[i] && v[end].family == v[i].family) end++;
    if (why[i]) at = i + detour(net, &v[i], end - i, &sent[i], why[i]);
    else at = flush(p, v, i, end, sent);
    if (at < end) return at;
    i = end;
  }
  return n;
}
