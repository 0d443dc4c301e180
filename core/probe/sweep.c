/* SPDX-License-Identifier: MIT */
#include "probe/sweep.h"

#include <string.h>

static int wants(const struct trace *t, const struct hop *h) {
  const struct opts *o = t->opts;
  return h->answers + h->out < o->queries &&
         h->sent < o->queries * o->attempts;
}

/* Returns 1 if |ttl| lies beyond the ring: no probe was sent there yet. */
static int untouched(const struct trace *t, unsigned ttl) {
  return ttl - t->settled > t->hop_mask + 1u;
}

unsigned sweep_next(struct trace *t) {
  const struct opts *o = t->opts;
  if (t->out >= (t->alone ? 1 : o->window) || t->waits) return 0;
  unsigned end = t->limit;
  if (o->gap_limit) {
    unsigned base = t->high >= o->first_ttl ? t->high : o->first_ttl - 1u;
    if (end > base + o->gap_limit) end = base + o->gap_limit;
  }
  unsigned ttl = t->retry ? t->settled + 1u : t->next_ttl;
  for (; ttl <= end; ttl++) {
    if (ttl == t->next_ttl) t->retry = 0;
    if (untouched(t, ttl) || wants(t, trace_hop(t, ttl))) return ttl;
    if (ttl == t->next_ttl) t->next_ttl++;
  }
  return 0;
}

int sweep_settled(const struct trace *t, unsigned ttl) {
  const struct hop *h = trace_hop(t, ttl);
  return h->sent && !h->out && !wants(t, h);
}

void sweep_answer(struct trace *t, unsigned ttl, unsigned flags) {
  struct hop *h = trace_hop(t, ttl);
  if (h->answers < UINT8_MAX) h->answers++;
  if (ttl > t->high) t->high = (uint8_t)ttl;
  if (!(flags & MTR_REPLY_UNREACH)) h->marks |= HOP_NOT_UNREACH;
  if (flags & MTR_REPLY_FINAL) {
    h->marks |= HOP_FINAL;
    if (ttl < t->limit) t->limit = (uint8_t)ttl;
  }
}

void sweep_lost(struct trace *t, unsigned ttl) {
  if (wants(t, trace_hop(t, ttl))) t->retry = 1;
}

/* Returns the size to try when a router gives no MTU (RFC 1191 section 7.1). */
static unsigned plateau(unsigned size) {
  static const uint16_t steps[] = {32000, 17914, 8166, 4352, 2002,
                                   1492, 1006, 508, 296, 68};
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
    if (steps[i] < size) return steps[i];
  return 68;
}

void sweep_too_big(struct trace *t, unsigned ttl, unsigned size, unsigned mtu,
                   unsigned floor) {
  struct hop *h = trace_hop(t, ttl);
  int v6 = t->opts->family == 6;
  unsigned least = v6 ? 1280 : 68;               /* RFC 8200 5, RFC 791 */
  /* UDP dublin on IPv6: wire_build adds the TTL to t->size. */
  unsigned more = v6 && t->opts->multipath == MTR_DUBLIN ? ttl : 0;
  if (floor + more > least) least = floor + more;
  if (!mtu || mtu >= size || (!v6 && mtu < 68)) mtu = plateau(size);
  if (mtu < least) mtu = least;
  unsigned now = t->size ? t->size + more : size;
  if (mtu < now) t->size = (uint16_t)((now = mtu) - more);
  if (now < size) h->sent--;           /* this attempt does not count */
  sweep_lost(t, ttl);
}

uint8_t sweep_code(const struct trace *t, const struct cells *cells,
                   unsigned ttl) {
  uint32_t at = SLAB_NONE;
  const struct cell *c;
  uint8_t code = 0;
  while ((c = cells_next(cells, &t->cells, &at))) {
    struct shape shape = cells_shape(cells, c);
    unsigned both = MTR_REPLY_ANSWER | MTR_REPLY_UNREACH;
    if (shape.ttl == ttl && (shape.flags & both) == both)
      code = shape.icmp_code;
  }
  return code;
}

uint8_t sweep_error(const struct trace *t, const struct cells *cells,
                    unsigned ttl) {
  uint32_t at = SLAB_NONE;
  const struct cell *c;
  uint8_t error = 0;
  while ((c = cells_next(cells, &t->cells, &at))) {
    struct shape shape = cells_shape(cells, c);
    if (shape.ttl == ttl && !shape.family && shape.icmp_code)
      error = shape.icmp_code;
  }
  return error;
}

/* Returns 1 if several routers of one path may answer with the IPv4 address
 * |a|: 0.0.0.0, the prefix of RFC 7335 with the dummy address of RFC 7600 (for
 * routers without an IPv4 address) and the anycast addresses behind it, and
 * link-local addresses, which are other routers on each link. */
static int many_use4(const uint8_t *a) {
  static const uint8_t none[4];
  return !memcmp(a, none, 4) || (a[0] == 169 && a[1] == 254) ||
         (a[0] == 192 && !a[1] && !a[2] && a[3] < 16);
}

/* Returns 1 if |addr|, which has answered |t|, proves no loop: many routers use
 * it, or it is the address of an end of the trace. Routers before and behind
 * tunnels and gateways also answer with the target's, and a translator or
 * tunnel near this host also with the source's. */
static int names_nobody(const struct trace *t, const uint8_t *addr) {
  static const uint8_t none[16], nat64[12] = {0, 0x64, 0xff, 0x9b};
  if (!memcmp(addr, t->dst, sizeof t->dst)) return 1;
  if (!memcmp(addr, t->opts->src, sizeof t->opts->src)) return 1;
  if (t->opts->family == 4) return many_use4(addr);
  return !memcmp(addr, none, sizeof none) ||
         (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80) ||
         (!memcmp(addr, nat64, sizeof nat64) && many_use4(addr + 12));
}

/* Returns 1 if |addr| may have answered at an earlier hop. Remembers |addr|. */
static int maybe_seen(struct trace *t, const uint8_t *addr) {
  uint32_t word[4];
  memcpy(word, addr, sizeof word);
  uint32_t h = (word[0] ^ word[1] ^ word[2] ^ word[3]) * 0x9e3779b1u;
  uint64_t bits = 1ull << (h >> 26) | 1ull << (h >> 20 & 63);
  int was = (t->seen & bits) == bits;
  t->seen |= bits;
  return was;
}

/* Returns 1 if |addr| was the first to answer at a hop before |ttl|, with
 * another address in between. This is scamper's definition of a loop; repeats
 * at adjacent hops are not loops. */
static int loops(struct trace *t, const struct cells *cells, unsigned ttl,
                 const uint8_t *addr) {
  uint8_t seen = 0, between = 0, other[16];
  uint32_t at = SLAB_NONE;
  const struct cell *c;
  if (!maybe_seen(t, addr) || names_nobody(t, addr)) return 0;
  while ((c = cells_next(cells, &t->cells, &at))) {
    struct shape shape = cells_shape(cells, c);
    if (!(shape.flags & MTR_REPLY_PRIMARY) || shape.ttl >= ttl) continue;
    cells_addr(cells, c, other);
    int same = !memcmp(other, addr, sizeof other);
    if (same && shape.ttl > seen) seen = shape.ttl;
    if (!same && shape.ttl > between) between = shape.ttl;
  }
  return seen && between > seen;
}

/* Returns why |t| ends at hop |ttl|, of which |h| knows all. */
static int judge(struct trace *t, const struct cells *cells, unsigned ttl,
                 const struct hop *h, const uint8_t *addr) {
  const struct opts *o = t->opts;
  t->stop_data = 0;
  if (h->marks & HOP_FINAL) return MTR_STOP_COMPLETED;
  if (h->answers && !(h->marks & HOP_NOT_UNREACH)) {
    t->stop_data = sweep_code(t, cells, ttl);
    return MTR_STOP_UNREACH;
  }
  t->gap = addr ? 0 : (uint8_t)(t->gap + 1);
  int over = t->failed && t->failed == t->probes ? MTR_STOP_ERROR : 0;
  if (over) t->stop_data = sweep_error(t, cells, ttl);
  if (o->gap_limit && t->gap >= o->gap_limit)
    return over ? over : MTR_STOP_GAPLIMIT;
  if (addr && o->loop_limit && o->multipath != MTR_CLASSIC &&
      loops(t, cells, ttl, addr) && ++t->loops >= o->loop_limit)
    return MTR_STOP_LOOP;
  if (ttl >= t->limit) return over ? over : MTR_STOP_HOPLIMIT;
  return MTR_STOP_NONE;
}

int sweep_judge(struct trace *t, const struct cells *cells, unsigned ttl,
                const uint8_t *addr) {
  struct hop *h = trace_hop(t, ttl);
  int stop = judge(t, cells, ttl, h, addr);
  t->settled = (uint8_t)ttl;
  if (t->next_ttl <= ttl) t->next_ttl = (uint16_t)(ttl + 1);
  memset(h, 0, sizeof *h);             /* a later hop uses it now */
  return stop;
}
