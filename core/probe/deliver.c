/* SPDX-License-Identifier: MIT */
#include "probe/deliver.h"

#include <string.h>

#include "probe/doubt.h"
#include "probe/events.h"
#include "probe/identity.h"
#include "probe/match.h"
#include "probe/outstanding.h"
#include "probe/share.h"
#include "probe/sweep.h"
#include "probe/turns.h"
#include "wire/build.h"

enum { OTHERS_KEPT = 200 };  /* most duplicates and the like of one trace */

/* What a reply means for a trace: MTR_REPLY_FINAL, _UNREACH, _TOO_BIG, 0 for
 * time exceeded and what is to be like it. Completion is by message, never by
 * address alone, unless the user wants it so. */
static unsigned meaning(const struct trace *t, const struct wire_reply *r) {
  int udp = t->opts->protocol == MTR_UDP;
  int from_dst = !memcmp(r->from, t->dst, sizeof r->from);
  switch (r->kind) {
  case WIRE_ECHO_REPLY: case WIRE_TCP_REPLY: case WIRE_UDP_REPLY:
    return MTR_REPLY_FINAL | (from_dst ? 0 : MTR_REPLY_OTHER_ADDR);
  case WIRE_TOO_BIG:
    return MTR_REPLY_TOO_BIG;
  case WIRE_TIME_EXCEEDED:
    if (!from_dst) return 0;
    return MTR_REPLY_TE_FROM_DST |
           (t->opts->flags & MTR_TE_COMPLETES ? MTR_REPLY_FINAL : 0);
  case WIRE_UNREACH: {
    int v6 = r->family == 6;
    int port = r->icmp_code == (v6 ? 4 : 3);          /* RFC 4443 3.1, 792 */
    int protocol = !v6 && r->icmp_code == 2 && from_dst;
    if ((port && (udp || from_dst)) || protocol)
      return MTR_REPLY_FINAL | (from_dst ? 0 : MTR_REPLY_OTHER_ADDR);
    return t->opts->flags & MTR_UNREACH_CONTINUE ? 0 : MTR_REPLY_UNREACH;
  }
  default:
    return 0;
  }
}

/* MTR_QUOTE_* of |r|, matched in |tier|: what is not as |p| was sent. */
static unsigned changed(const struct core *c, const struct trace *t,
                        const struct probe *p, const struct wire_reply *r,
                        int tier) {
  unsigned bits = (unsigned)(tier & MATCH_TIER) - 1;
  uint32_t place = table_place(p);
  if (memcmp(r->quoted_src, t->opts->src, sizeof t->dst))
    bits |= MTR_QUOTE_SRC;
  if (memcmp(r->quoted_dst, t->dst, sizeof t->dst)) bits |= MTR_QUOTE_DST;
  if (r->family == 4 && r->ip_id != identity_ip(c, place))
    bits |= MTR_QUOTE_IP_ID;
  if (r->flags & WIRE_TRUNCATED) return bits;
  if (r->sport != p->sport) bits |= MTR_QUOTE_SPORT;
  if (p->protocol != WIRE_ICMP && r->dport != p->dport) bits |= MTR_QUOTE_DPORT;
  int by_id = !(p->marks & PROBE_BY_IP_ID);
  if (by_id && r->id != identity_of(c, place)) bits |= MTR_QUOTE_ID;
  return bits;
}

static unsigned marks(const struct trace *t, const struct wire_reply *r,
                      unsigned quote) {
  const uint8_t *src = t->opts->src;
  unsigned flags = 0;
  if (r->flags & WIRE_QUOTE) {
    flags |= MTR_REPLY_QUOTE;
    if ((quote & MTR_QUOTE_TIER && !(r->flags & WIRE_TRUNCATED)) ||
        quote & (MTR_QUOTE_SRC | MTR_QUOTE_DST))
      flags |= MTR_REPLY_NAT;
  }
  if (r->flags & WIRE_TRUNCATED) flags |= MTR_REPLY_TRUNCATED;
  if (r->flags & WIRE_EXT_BAD) flags |= MTR_REPLY_EXT_BAD;
  if (!memcmp(r->from, src, sizeof t->dst) &&
      memcmp(src, t->dst, sizeof t->dst))
    flags |= MTR_REPLY_LOCAL;
  return flags;
}

/* Whether |r|, which means |flags|, ends a probe of |t|. */
static int ends(const struct trace *t, const struct wire_reply *r,
                unsigned flags) {
  if (r->kind == WIRE_OTHER) return 0;
  return !(t->opts->flags & MTR_AWAIT_ANSWER) ||
         flags & (MTR_REPLY_FINAL | MTR_REPLY_TOO_BIG);
}

void deliver_copy(struct mtr_event *ev, const struct wire_reply *r) {
  memcpy(ev->addr, r->from, sizeof ev->addr);
  ev->family = r->family;
  ev->protocol = r->protocol;
  if (r->protocol == WIRE_TCP) ev->tcp_flags = r->tcp_flags;
  else ev->icmp_type = r->icmp_type;
  ev->icmp_code = r->icmp_code;
  ev->reply_ttl = r->ttl;
  ev->tos = r->tos;
  ev->ip_id = r->reply_id;
  ev->reply_size = r->size;
  ev->mtu = r->mtu;
  ev->quoted_ttl = r->quoted_ttl;
  ev->quoted_tos = r->quoted_tos;
  ev->quoted_size = r->quoted_size;
  ev->ext_words = (uint8_t)(r->ext_size > CELL_EXT_MAX ? 255 : r->ext_size / 4);
}

/* Ends the probe that an answer or a packet too big belongs to. */
static void settle(struct core *c, struct trace *t, struct probe *p,
                   struct mtr_event *ev, int64_t now) {
  outstanding_remove(c, t, p);
  wheel_remove(&c->wheel, &p->timer);
  outstanding_retire(c, p, PROBE_ANSWERED, now);
  const struct opts *o = t->opts;
  struct hop *h = trace_hop(t, p->ttl);
  if (h) h->out--;
  if (ev->flags & MTR_REPLY_TOO_BIG) {
    int floor = wire_min_size(o->family, o->protocol, o->multipath,
                              o->payload_size);
    int fits = p->size <= (o->family == 6 ? 1280 : 68);   /* every link */
    if (o->flags & MTR_STRATEGY && h->sent < UINT8_MAX && !fits)
      h->sent--;                       /* this attempt does not count */
    if (trace_sweeps(t))
      sweep_too_big(t, p->ttl, p->size, ev->mtu, (unsigned)floor);
  } else {
    ev->flags |= MTR_REPLY_ANSWER;
    if (!h || !h->answers) ev->flags |= MTR_REPLY_PRIMARY;
    unsigned flags = ev->flags;
    if (p->flow != o->flow) flags &= ~(unsigned)MTR_REPLY_FINAL;
    if (h) sweep_answer(t, p->ttl, flags);
  }
  c->counters.replies++;
}

static void keep(struct core *c, struct trace *t, const struct mtr_event *ev,
                 const uint8_t *ext) {
  struct hop *h = trace_hop(t, ev->ttl);
  if (trace_sweeps(t) ? ev->ttl > t->limit
      : !(t->opts->want & MTR_WANT_RESULT))
    return;
  if (!(ev->flags & MTR_REPLY_ANSWER)) {
    if (t->others == OTHERS_KEPT) return;    /* a flood must not fill memory */
    t->others++;
  }
  uint32_t at = cells_add(&c->cells, &t->cells, ev, ext);
  if (h && at != SLAB_NONE && ev->flags & MTR_REPLY_PRIMARY) h->first = at + 1;
}

static void report(struct core *c, const struct trace *t,
                 const struct mtr_event *ev, const uint8_t *ext) {
  if (!(t->opts->want & MTR_WANT_REPLY)) return;
  struct mtr_event *out = events_add(c, MTR_EV_REPLY);
  *out = *ev;
  out->ext = (uint16_t)(c->ext_count / 4);
  out->ext_high = (uint8_t)(c->ext_count / 4 >> 16);
  memcpy(c->ext + c->ext_count, ext, ev->ext_words * 4u);
  c->ext_count += ev->ext_words * 4u;
}

/* Keeps the means of the round trip and of its distance from that mean, as
 * TCP does (RFC 6298). */
static void note_rtt(struct core *c, float rtt) {
  float off = rtt > c->rtt ? rtt - c->rtt : c->rtt - rtt;
  c->rtt += (rtt - c->rtt) / 16;
  c->rtt_spread += (off - c->rtt_spread) / 16;
}

/* What is made of a reply to an outstanding probe. */
enum how {
  ANEW,                  /* an unreachable may be put in doubt */
  BELIEVED,              /* it was in doubt long enough */
  BESIDE                 /* it was in doubt, and the target has answered */
};

static void take(struct core *c, struct trace *t, struct probe *p,
                 const struct wire_reply *r, int tier, enum how how,
                 int64_t now) {
  static const uint8_t none[1];
  struct mtr_event ev = {
      .kind = MTR_EV_REPLY, .ttl = p->ttl, .attempt = p->attempt,
      .trace = t->handle, .cookie = t->cookie, .probe = p->handle,
      .flow = p->flow,
      .at = (float)((double)(p->sent - t->start) / 1e6)};
  const uint8_t *ext = r->ext_size ? r->ext : none;
  t->again = 0;
  int64_t rtt = r->at - p->sent;
  if (rtt < c->soonest || !c->soonest) c->soonest = rtt > 1 ? rtt : 1;
  int kernel = r->kernel_time && rtt >= 0;
  if (rtt < 0) rtt = now > p->sent ? now - p->sent : 0;
  ev.rtt = (float)((double)rtt / 1e6);
  deliver_copy(&ev, r);
  if (r->flags & WIRE_QUOTE) ev.stop = (uint8_t)changed(c, t, p, r, tier);
  ev.flags = (uint16_t)(meaning(t, r) | marks(t, r, ev.stop));
  if (tier & MATCH_WEAK) ev.flags |= MTR_REPLY_WEAK;
  int sent = p->state == PROBE_SENT;
  if (how == ANEW && sent && ev.flags & MTR_REPLY_UNREACH &&
      ends(t, r, ev.flags) && doubt_begin(c, t, p, r, tier, now))
    return;
  if (!kernel) {
    ev.flags |= MTR_REPLY_USER_TIME;
    c->counters.user_times++;
  }
  if (ev.flags & MTR_REPLY_NAT) c->counters.nat++;
  if (p->state == PROBE_ANSWERED) {
    ev.flags |= MTR_REPLY_DUP;
    c->counters.duplicates++;
  } else if (p->state == PROBE_SILENT) {
    ev.flags |= MTR_REPLY_LATE;
    p->state = PROBE_ANSWERED;         /* it stays in the silent queue */
    c->counters.late++;
  } else if (how != BESIDE && ends(t, r, ev.flags)) {
    note_rtt(c, ev.rtt);
    settle(c, t, p, &ev, now);
  }
  keep(c, t, &ev, ext);
  report(c, t, &ev, ext);
  share_recount(c, t);
  turns_ready(c, t);
  turns_dirty(c, t);
}

void deliver_doubted(struct core *c, struct trace *t, struct probe *p,
                     int64_t now) {
  int tier = 0;
  const struct wire_reply *r = doubt_end(c, p, &tier);
  if (r) take(c, t, p, r, tier, BELIEVED, now);
}

void deliver_reply(struct core *c, struct trace *t, struct probe *p,
                   const struct wire_reply *r, int tier, int64_t now) {
  int before = 0;
  const struct wire_reply *doubted = doubt_end(c, p, &before);
  if (doubted && events_room(c) > 1) {
    int final = (meaning(t, r) & MTR_REPLY_FINAL) != 0;
    struct wire_reply copy = *doubted;
    if (events_ext_room(c) < 2) copy.ext_size = 0;
    take(c, t, p, &copy, before, final ? BESIDE : BELIEVED, now);
  }
  take(c, t, p, r, tier, ANEW, now);
}
