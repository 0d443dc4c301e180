/* SPDX-License-Identifier: MIT */
#include "net/host/policy.h"

#include <string.h>

#include "wire/ip.h"

enum { ECHO4 = 8, ECHO6 = 128,         /* types; RFC 792, RFC 4443 4.1 */
       WHOLE_PACKETS = 255             /* the kernel's IPPROTO_RAW */ };

/* What policies see of a packet. */
struct look {
  uint8_t protocol;
  uint16_t sport, dport;
};

int policy_narrow(const struct policy *one) {
  return one->protocol || one->sport_mask || one->dport_mask;
}

void policies_clear(struct policies *p) {
  p->count = 0;
  p->partial = 0;
}

void policies_drop(struct policies *p, uint32_t index) {
  uint32_t k = 0;
  for (uint32_t i = 0; i < p->count; i++)
    if (p->policy[i].index != index) p->policy[k++] = p->policy[i];
  p->count = k;
}

/* Makes room by dropping a policy that is not narrow. Returns 0 if there is
 * none. */
static int make_room(struct policies *p) {
  p->partial = 1;
  for (uint32_t i = p->count; i--;) {
    if (policy_narrow(&p->policy[i])) continue;
    policies_drop(p, p->policy[i].index);
    return 1;
  }
  return 0;
}

static int before(const struct policy *a, const struct policy *b) {
  return a->priority != b->priority ? a->priority < b->priority
                                    : a->index < b->index;
}

void policies_put(struct policies *p, const struct policy *one) {
  policies_drop(p, one->index);
  if (p->count == POLICIES && !make_room(p)) return;
  uint32_t i = p->count++;
  for (; i && before(one, &p->policy[i - 1]); i--)
    p->policy[i] = p->policy[i - 1];
  p->policy[i] = *one;
}

static int within(const uint8_t addr[16], const uint8_t prefix[16],
                  unsigned bits) {
  unsigned bytes = bits / 8, rest = bits % 8;
  if (bits > 128 || memcmp(addr, prefix, bytes)) return 0;
  return !rest || !((addr[bytes] ^ prefix[bytes]) >> (8 - rest));
}

static int fits(const struct policy *one, const struct net_route *q,
                const struct look *l) {
  return one->family == q->family && (q->mark & one->mark_mask) == one->mark &&
         (!one->protocol || one->protocol == l->protocol) &&
         !((one->sport ^ l->sport) & one->sport_mask) &&
         !((one->dport ^ l->dport) & one->dport_mask) &&
         (!one->link || !q->interface || one->link == q->interface) &&
         within(q->dst, one->dst, one->dst_bits) &&
         within(q->src, one->src, one->src_bits);
}

static const struct policy *first(const struct policies *p,
                                  const struct net_route *q,
                                  const struct look *l) {
  for (uint32_t i = 0; i < p->count; i++)
    if (fits(&p->policy[i], q, l)) return &p->policy[i];
  return NULL;
}

/* What happens to a packet: 0 it passes, -1 it is blocked, or the index of the
 * policy that applies, which is at least 1. */
static int64_t fate(const struct policies *p, const struct policy *one) {
  if (!one) return p->blocks ? -1 : 0;
  return one->clear ? 0 : one->index;
}

int policies_differ(const struct policies *p, const struct net_route *q,
                    enum flow_known known) {
  struct look real = {ip_protocol(q->family, q->protocol), q->sport, q->dport};
  struct look seen = {known >= FLOW_PROTOCOL ? real.protocol : WHOLE_PACKETS,
                      0, 0};
  if (!p->count || known == FLOW_PORTS) return 0;
  if (q->protocol == WIRE_ICMP)
    real = (struct look){real.protocol, q->family == 4 ? ECHO4 : ECHO6, 0};
  const struct policy *one = first(p, q, &real);
  if (p->partial) return one && policy_narrow(one) && !fits(one, q, &seen);
  return fate(p, one) != fate(p, first(p, q, &seen));
}
