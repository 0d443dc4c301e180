/* SPDX-License-Identifier: MIT */
#include "probe/match.h"

#include <string.h>

#include "probe/identity.h"
#include "wire/checksum.h"
#include "wire/proto.h"

/* Returns the live probe at |place| of |region|, if |r| can be about it. */
static struct probe *live_at(const struct core *c, uint32_t region,
                             uint32_t place, const struct wire_reply *r) {
  if (region >= c->regions) return NULL;
  struct probe *p = table_at(&c->tables[region], place);
  if (!p || !table_left(p)) return NULL;
  return p->family == r->family && p->protocol == r->quoted_protocol ? p : NULL;
}

/* Return the same by its identity |id|, or its IPv4 identification |ip_id|. */
static struct probe *live(const struct core *c, uint32_t region, unsigned id,
                          const struct wire_reply *r) {
  if (!id || id > TABLE_REGION) return NULL;
  return live_at(c, region, identity_place(c, id), r);
}

static struct probe *live_ip(const struct core *c, uint32_t region,
                             unsigned ip_id, const struct wire_reply *r) {
  if (!(ip_id & 1)) return NULL;       /* none of ours */
  return live_at(c, region, identity_ip_place(c, ip_id), r);
}

static uint32_t region_of(const struct core *c, const struct wire_reply *r) {
  if (r->quoted_protocol == WIRE_ICMP)
    return (uint16_t)(r->sport - c->config.echo_base);
  return (uint16_t)(r->sport - c->config.port_base) % c->regions;
}

/* Returns how many bytes of payload the SYN |p| of |t| has. */
static unsigned payload_of(const struct trace *t, const struct probe *p) {
  unsigned headers = PROTO_TCP_HEADER + (p->family == 4 ? PROTO_IPV4_HEADER
                                                        : PROTO_IPV6_HEADER);
  unsigned body = p->size > headers ? p->size - headers : 0;
  int mss = body >= (unsigned)PROTO_TCP_MSS_SIZE + t->opts->payload_size;
  return body - (mss ? PROTO_TCP_MSS_SIZE : 0u);
}

/* Returns 1 if the TCP segment or quote |r| has the number of |p|: as sent in
 * a quote, plus what it took of the payload in an answer. A reset may
 * acknowledge the SYN's own number: one less than it should. */
static int number_fits(const struct core *c, const struct probe *p,
                       const struct wire_reply *r) {
  uint32_t sent = (uint32_t)identity_of(c, table_place(p)) << 16 |
                  identity_low(c, p);
  uint32_t over = ((uint32_t)r->id << 16 | r->tcp_low) - sent;
  if (!over) return 1;
  if (r->flags & WIRE_QUOTE) return 0;
  if (r->tcp_flags & PROTO_TCP_RST && over == UINT32_MAX) return 1;
  const struct trace *t = over < 0x10000 ? state_trace(c, p->trace) : NULL;
  return t && over <= payload_of(t, p);
}

/* The quoted checksum |check|, which covers the addresses, before a translator
 * made |r|'s quoted source out of ours: the words that changed are undone. */
static uint16_t before_nat(const struct wire_reply *r, uint16_t check) {
  for (int i = 0; i < 16; i += 2) {
    uint16_t ours = (uint16_t)(r->to[i] << 8 | r->to[i + 1]);
    uint16_t theirs = (uint16_t)(r->quoted_src[i] << 8 | r->quoted_src[i + 1]);
    if (ours != theirs) check = checksum_update(check, theirs, ours);
  }
  return check;
}

/* Returns 1 if the checksum in the quote |r|, or the number of a TCP segment,
 * is that of |p|, after what a translator did to it has been undone. */
static int explained(const struct core *c, const struct probe *p,
                     const struct wire_reply *r) {
  if (p->protocol == WIRE_TCP) return number_fits(c, p, r);
  int pseudo = p->protocol != WIRE_ICMP || r->family == 6;
  uint16_t check = p->protocol == WIRE_ICMP ? r->checksum : r->id;
  uint16_t sent = p->protocol == WIRE_ICMP ? p->dport
                                           : identity_of(c, table_place(p));
  if (pseudo) check = before_nat(r, check);
  return checksum_update(check, r->sport, p->sport) == sent;
}

/* Returns 1 if a quote can be of |p|, also if its source port differs. Our port
 * is proof enough, because no other program on this host has it. If a
 * translator changed the port, it must have changed the checksum to match. */
static int port_fits(const struct core *c, const struct probe *p,
                     const struct wire_reply *r) {
  if (p->sport == r->sport || r->flags & WIRE_TRUNCATED) return 1;
  int no_number = (p->marks & PROBE_BY_IP_ID) || !r->id;
  return (p->protocol == WIRE_UDP && no_number) || explained(c, p, r);
}

static int tier_of(const struct core *c, const struct probe *p,
                   const struct wire_reply *r) {
  int dst = p->dst == table_fold(r->quoted_dst);
  int ports = p->sport == r->sport &&
              (p->protocol == WIRE_ICMP || p->dport == r->dport);
  if (p->protocol == WIRE_TCP && !number_fits(c, p, r)) return 0;
  if (dst && ports) return 1;
  if (!(r->flags & WIRE_QUOTE)) return ports ? 3 : 0;
  return dst && port_fits(c, p, r) ? 2 : ports ? 3 : 0;
}

/* How many live probes to the quoted destination have the IPv4 identification
 * |id|; the last one found in |*found|. */
static int same_id(const struct core *c, unsigned id,
                   const struct wire_reply *r, struct probe **found) {
  uint32_t dst = table_fold(r->quoted_dst);
  int n = 0;
  for (uint32_t i = 0; i < c->regions; i++) {
    struct probe *p = live_ip(c, i, id, r);
    if (!p || p->dst != dst || !port_fits(c, p, r)) continue;
    *found = p;
    n++;
  }
  return n;
}

/* By the identification alone, if it fits one probe only, as sent, byte-swapped
 * or one too high; as sent alone if the transport header says the same. If it
 * fits several, |*tier| says so. */
static struct probe *by_ip_id(const struct core *c, const struct wire_reply *r,
                              int *tier) {
  struct probe *p = NULL;
  unsigned swapped = __builtin_bswap16(r->ip_id);
  int n = same_id(c, r->ip_id, r, &p);
  int same = r->id && r->ip_id & 1 &&
             identity_place(c, r->id) == identity_ip_place(c, r->ip_id);
  if (!same) {
    if (swapped != r->ip_id) n += same_id(c, swapped, r, &p);
    n += same_id(c, r->ip_id - 1u, r, &p);
  }
  if (n > 1) *tier = MATCH_SEVERAL;
  return n == 1 ? p : NULL;
}

/* By the identity in the transport header; its tier in |*tier|. A quote may be
 * of another region than its port says, if that was rewritten: then it has to
 * fit one live probe only. */
static struct probe *by_id(const struct core *c, uint32_t region, unsigned id,
                           const struct wire_reply *r, int *tier) {
  struct probe *p = live(c, region, id, r), *found = NULL;
  *tier = p && !(p->marks & PROBE_BY_IP_ID) ? tier_of(c, p, r) : 0;
  if (*tier && (*tier != 2 || p->sport == r->sport)) return p;
  *tier = 0;
  for (uint32_t i = 0; i < c->regions; i++) {
    p = live(c, i, id, r);
    if (!p || (p->marks & PROBE_BY_IP_ID) || tier_of(c, p, r) != 2) continue;
    if (found) return NULL;
    found = p;
  }
  if (found) *tier = 2;
  return found;
}

/* Of UDP whose source port was changed as well as the address, with no other
 * identity than the checksum, which both are in: each port of our block says
 * what that was before, and one live probe from it has to fit. */
static struct probe *by_port(const struct core *c, const struct wire_reply *r) {
  uint16_t check = before_nat(r, r->id);
  uint32_t dst = table_fold(r->quoted_dst);
  struct probe *found = NULL;
  for (unsigned i = 0; i < CORE_PORTS; i++) {
    uint16_t port = (uint16_t)(c->config.port_base + i);
    unsigned id = checksum_update(check, r->sport, port);
    struct probe *p = live(c, i % c->regions, id, r);
    if (!p || p->marks & PROBE_BY_IP_ID || p->sport != port ||
        p->dport != r->dport || p->dst != dst)
      continue;
    if (found) return NULL;
    found = p;
  }
  return found;
}

/* Returns the probe that |r| fits best; its tier in |*tier|. */
static struct probe *find(const struct core *c, const struct wire_reply *r,
                          int *tier) {
  uint32_t region = region_of(c, r);
  int quote = (r->flags & WIRE_QUOTE) && r->ip_id;
  int rewritten = r->flags & WIRE_QUOTE && r->quoted_protocol == WIRE_UDP &&
                  r->id && memcmp(r->quoted_src, r->to, sizeof r->to);
  struct probe *p = NULL, *q = quote ? live_ip(c, region, r->ip_id, r) : NULL;
  int known = q ? tier_of(c, q, r) : 0;
  if (known == 1 && (q->marks & PROBE_BY_IP_ID)) {
    *tier = 1;
    return q;
  }
  if (rewritten) p = by_id(c, region, before_nat(r, r->id), r, tier);
  if (!p) p = by_id(c, region, r->id, r, tier);
  if (*tier == 1 && !(quote && rewritten)) return p;
  /* What a translator did to the UDP checksum may have made it the identity of
   * another probe of ours: there the identification decides. */
  if (*tier && (known != 1 || q == p)) return p;
  if (known != 1) {
    p = quote ? by_ip_id(c, r, tier) : NULL;
    q = p ? p : known == 3 ? q : NULL;
  }
  if (!q && rewritten && !r->ip_id && c->searched < MATCH_SEARCHES) {
    if ((q = by_port(c, r))) {
      *tier = 2;
      return q;
    }
    *tier |= MATCH_SEARCHED;
  }
  if (q) *tier = 4;
  return q;
}

/* Returns 1 if every field of |p| that |r|, of tier 1, repeats is as it was
 * sent. */
static int fits_in_all(const struct core *c, const struct probe *p,
                       const struct wire_reply *r) {
  const struct trace *t = state_trace(c, p->trace);
  if (r->flags & WIRE_TRUNCATED) return 0;
  if (r->flags & WIRE_QUOTE) {
    if (memcmp(r->quoted_src, r->to, sizeof r->to)) return 0;
    if (r->family == 4 && r->ip_id != identity_ip(c, table_place(p))) return 0;
    if (t && r->family == 6 && r->flow_label != identity_label(t, p->flow))
      return 0;
  }
  if (p->protocol != WIRE_ICMP) return 1;
  if (t && t->opts->multipath == MTR_CLASSIC) return 1;
  return r->checksum == p->dport;
}

/* Returns 1 if the quote |r| of |p|, whose source is not ours, has at least 30
 * bits of |p| that nobody can guess. A translator that leaves its address in
 * quotes makes such ones. */
static int proves_itself(const struct core *c, const struct probe *p,
                         const struct wire_reply *r) {
  uint32_t place = table_place(p);
  if (!(r->flags & WIRE_QUOTE) || r->flags & WIRE_TRUNCATED) return 0;
  if (p->dst != table_fold(r->quoted_dst) || p->marks & PROBE_BY_IP_ID)
    return 0;
  const struct trace *t = state_trace(c, p->trace);
  int second = p->protocol == WIRE_TCP;
  if (p->protocol == WIRE_ICMP) second = r->id == identity_of(c, place);
  if (p->protocol == WIRE_UDP && r->id)
    second = r->family == 4
                 ? r->ip_id == identity_ip(c, place)
                 : t && identity_label_secret(t) &&
                       r->flow_label == identity_label(t, p->flow);
  return second && explained(c, p, r);
}

struct probe *match_probe(const struct core *c, const struct wire_reply *r,
                          int *tier) {
  struct probe *p = find(c, r, tier);
  if (!p || (*tier == 1 && fits_in_all(c, p, r))) return p;
  *tier |= MATCH_WEAK;
  if (proves_itself(c, p, r)) *tier |= MATCH_PROVEN;
  return p;
}

/* Where the probe of |r| is, if its identity is as it was sent. */
static const struct probe *likely(const struct core *c,
                                  const struct wire_reply *r) {
  uint32_t region = r->handle ? r->handle >> TABLE_SHIFT & (CORE_REGIONS - 1)
                              : region_of(c, r);
  if (region >= c->regions) return NULL;
  uint32_t place = r->handle ? r->handle & (TABLE_REGION - 1)
                             : identity_place(c, r->id);
  return table_at(&c->tables[region], place);
}

/* The trace that |p|, if it is one, seems to be of. */
static const struct trace *owner(const struct core *c, const struct probe *p) {
  uint32_t trace = p ? p->trace & ((1u << TRACE_BITS) - 1) : SLAB_NONE;
  return trace < c->traces.count ? state_at(c, trace) : NULL;
}

void match_fetch(const struct core *c, const struct wire_reply *v, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) {
    const struct probe *p = likely(c, &v[i]);
    if (p) probe_fetch(p);
  }
  for (uint32_t i = 0; i < n; i++) {
    const struct trace *t = owner(c, likely(c, &v[i]));
    if (t) trace_fetch(t);
  }
  for (uint32_t i = 0; i < n; i++) {
    const struct trace *t = owner(c, likely(c, &v[i]));
    if (t && t->cells.last < c->cells.slab.count)
      __builtin_prefetch(cells_at(&c->cells, t->cells.last), 1);
  }
}
