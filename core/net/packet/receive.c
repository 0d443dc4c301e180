/* SPDX-License-Identifier: MIT */
#include "net/packet/receive.h"

#include <errno.h>
#include <string.h>

#include "net/packet/fib_load.h"
#include "net/raw/filters.h"
#include "net/raw/raw.h"
#include "net/raw/receive.h"
#include "wire/parse.h"
#include "wire/verify.h"

enum {
  FAST_LOAD = 64,        /* with so many outstanding probes it becomes fast */
  SLOW_LOAD = 32,        /* below so many it becomes slow again */
  STAY_NS = 100000000,   /* but it stays fast for at least this time */
  RISE_NS = 200000,      /* after this the raw sockets stop listening */
  FALL_NS = 2000000000,  /* after this the rings stop listening */
  SLACK_NS = 5000000,    /* most time from a packet's stamp to its arrival */
  TRIES = 32,            /* places searched for a packet */
  SAME_NS = 500000       /* most time between two stamps of one packet */
};

int packet_tune(struct packet *p) {
  static const uint32_t kinds[2] = {
      1u << RAW_ICMP4 | 1u << RAW_TCP4 | 1u << RAW_UDP4,
      1u << RAW_ICMP6 | 1u << RAW_TCP6 | 1u << RAW_UDP6};
  for (int i = 0; i < 2; i++) {
    struct ring *r = &p->ring[i];
    int err = 0, family = i ? 6 : 4;
    if (p->tuned[i] || !(p->raw.heard & kinds[i])) continue;
    if (!r->map) err = ring_open(r, p->fd[i], family, RING_BLOCKS);
    if (!err) err = filter_ring(p->fd[i], &p->raw.filter, family, RING_SNAP);
    if (err) {
      p->deaf = 1;
      p->gear = PACKET_SLOW;
      raw_hush(&p->raw, 0);
      return err;
    }
    p->tuned[i] = 1;
  }
  return 0;
}

/* Changes the filters of the rings with those of the sockets. */
static void watch(struct packet *p, int64_t now) {
  if (!filters_watch(&p->raw, now) || p->gear == PACKET_SLOW) return;
  p->tuned[0] = p->tuned[1] = 0;
  packet_tune(p);
}

static void count_lost(struct packet *p, struct ring *r) {
  p->raw.net.drops += ring_lost(r);
}

static void enter(struct packet *p, enum packet_gear gear, int64_t now) {
  int both = gear == PACKET_RISING || gear == PACKET_FALLING;
  p->gear = gear;
  p->since = now;
  if (both) p->from = now - SLACK_NS;
  p->until = both ? INT64_MAX : p->raw.net.now() + SLACK_NS;
}

static void rise(struct packet *p, int64_t now) {
  if (p->deaf || packet_tune(p)) return;
  enter(p, p->eager ? PACKET_FALLING : PACKET_RISING, now);
}

static void only_rings(struct packet *p, int64_t now) {
  raw_hush(&p->raw, 1);
  enter(p, PACKET_FAST, now);
}

static void fall(struct packet *p, int64_t now) {
  raw_hush(&p->raw, 0);
  enter(p, PACKET_FALLING, now);
}

static void only_raw(struct packet *p, int64_t now) {
  for (int i = 0; i < 2; i++) {
    if (!p->tuned[i]) continue;
    filter_none(p->fd[i]);
    p->tuned[i] = 0;
    count_lost(p, &p->ring[i]);
  }
  enter(p, PACKET_SLOW, now);
}

void packet_shift(struct packet *p, int64_t now) {
  uint32_t load = p->raw.net.load;
  int64_t age = now - p->since;
  if (p->raw.filter.refuse) watch(p, now);
  switch (p->gear) {
  case PACKET_SLOW:
    if (p->eager || load >= FAST_LOAD) rise(p, now);
    break;
  case PACKET_RISING:
    if (age >= RISE_NS) only_rings(p, now);
    break;
  case PACKET_FAST:
    if (load < SLOW_LOAD && age >= STAY_NS) fall(p, now);
    break;
  case PACKET_FALLING:
    if (load >= FAST_LOAD) only_rings(p, now);
    else if (!p->eager && age >= FALL_NS) only_raw(p, now);
  }
}

int packet_fresh(struct packet *p, const struct wire_reply *r, int ring,
                 const struct net_clock *clock) {
  if (!r->kernel_time || r->at < p->from || r->at > p->until) return 1;
  int64_t at = r->at + clock->offset;  /* the kernel's number again */
  uint32_t from[4], who = r->id | (uint32_t)r->ip_id << 16;
  memcpy(from, r->from, sizeof from);
  who ^= (from[0] ^ from[1] ^ from[2] ^ from[3]) * 0x9e3779b1u ^ r->kind;
  uint32_t place = who * 0x9e3779b1u >> (32 - PACKET_SEEN_BITS);
  struct packet_seen *s = &p->seen[place], *end = s + TRIES, *oldest = s;
  if (end > p->seen + PACKET_SEEN) end = p->seen + PACKET_SEEN;
  for (; s < end && s->at - clock->offset >= p->from; s++) {
    int64_t apart = s->at > at ? s->at - at : at - s->at;
    if (s->who == who && apart <= SAME_NS) {
      int known = ring ? s->lead < 0 : s->lead > 0;
      s->lead += ring ? 1 : -1;
      return !known;
    }
    if (s->at < oldest->at) oldest = s;
  }
  *(s < end ? s : oldest) = (struct packet_seen){at, who, ring ? 1 : -1};
  return 1;
}

static uint32_t from_ring(struct packet *p, struct ring *r,
                          struct wire_reply *v, uint32_t n,
                          const struct net_clock *clock, int *more) {
  struct ring_packet packet;
  uint32_t k = 0, read = 0;
  for (; read < n && ring_next(r, &packet); read++) {
    struct wire_reply *reply = &v[k];
    raw_stamp(&p->raw.net, reply, packet.at, clock);
    int err = wire_parse(packet.bytes, packet.size, packet.whole, reply);
    if (!err && (!wire_possible(reply) ||
                 !wire_intact(packet.bytes, packet.size, packet.whole, 0)))
      err = -EBADMSG;
    if (err == -EBADMSG) p->raw.net.malformed++;
    if (err) continue;
    if (reply->ext_size) {
      memcpy(p->ext[k], reply->ext, reply->ext_size);
      reply->ext = p->ext[k];
    }
    k++;
  }
  *more = read == n;
  if (!*more && ring_crowded(r)) count_lost(p, r);
  return k;
}

/* Raw sockets and rings both see a malformed packet, but it is counted once: by
 * the rings while they listen. */
uint32_t packet_receive(struct net *net, unsigned i, struct wire_reply *v,
                        uint32_t n, const struct net_clock *clock, int *more) {
  struct packet *p = (struct packet *)net;
  uint32_t got, k = 0;
  if (n > RAW_BATCH) n = RAW_BATCH;
  if (i == PACKET_NEWS) {
    fib_hear(&p->fib);
    *more = 0;
    return 0;
  }
  if (p->gear == PACKET_RISING && clock->now - p->since >= RISE_NS)
    only_rings(p, clock->now);
  watch(p, clock->now);
  double malformed = net->malformed;
  if (i < PACKET_4) got = raw_receive(net, i, v, n, clock, more);
  else got = from_ring(p, &p->ring[i - PACKET_4], v, n, clock, more);
  if (i < PACKET_4 && p->gear != PACKET_SLOW) net->malformed = malformed;
  for (uint32_t j = 0; j < got; j++) {
    if (!packet_fresh(p, &v[j], i >= PACKET_4, clock)) continue;
    if (k != j) v[k] = v[j];
    k++;
  }
  return k;
}
