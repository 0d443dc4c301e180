/* SPDX-License-Identifier: MIT */
#include "probe/sweep.h"

#include <string.h>

#include "probe/table.h"

static struct hop *hop_of(const struct trace *t, unsigned ttl) {
  return &t->hops[ttl - 1];
}

static int wants(const struct trace *t, const struct hop *h) {
  return h->answers + h->out < t->queries && h->sent < t->queries * t->attempts;
}

unsigned sweep_next(struct trace *t) {
  if (t->out >= t->window || t->waits) return 0;
  unsigned end = t->limit;
  if (t->gap_limit) {
    unsigned base = t->high >= t->first_ttl ? t->high : t->first_ttl - 1u;
    if (end > base + t->gap_limit) end = base + t->gap_limit;
  }
  unsigned ttl = t->retry ? t->settled + 1u : t->next_ttl;
  for (; ttl <= end; ttl++) {
    if (ttl == t->next_ttl) t->retry = 0;
    if (wants(t, hop_of(t, ttl))) return ttl;
    if (ttl == t->next_ttl) t->next_ttl++;
  }
  return 0;
}

int sweep_settled(const struct trace *t, unsigned ttl) {
  const struct hop *h = hop_of(t, ttl);
  return h->sent && !h->out && !wants(t, h);
}

void sweep_answer(struct trace *t, unsigned ttl, unsigned flags,
                  unsigned code) {
  struct hop *h = hop_of(t, ttl);
  h->answers++;
  if (ttl > t->high) t->high = (uint8_t)ttl;
  if (flags & MTR_REPLY_UNREACH) {
    h->unreach++;
    h->code = (uint8_t)code;
  }
  if (flags & MTR_REPLY_FINAL) {
    h->final = 1;
    if (ttl < t->limit) t->limit = (uint8_t)ttl;
  }
}

void sweep_lost(struct trace *t, unsigned ttl) {
  if (wants(t, hop_of(t, ttl))) t->retry = 1;
}

/* RFC 1191 section 7.1: what to try when a router does not say its MTU. */
static unsigned plateau(unsigned size) {
  static const uint16_t steps[] = {32000, 17914, 8166, 4352, 2002,
                                   1492, 1006, 508, 296, 68};
  for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
    if (steps[i] < size) return steps[i];
  return 68;
}

void sweep_too_big(struct trace *t, unsigned ttl, unsigned size, unsigned mtu,
                   unsigned floor) {
  struct hop *h = hop_of(t, ttl);
  int v6 = t->family == 6;
  unsigned least = v6 ? 1280 : 68;               /* RFC 8200 5, RFC 791 */
  /* What wire_build adds to t->size: the TTL is UDP dublin's mark on IPv6. */
  unsigned more = v6 && t->multipath == MTR_DUBLIN ? ttl : 0;
  if (floor + more > least) least = floor + more;
  if (!mtu || mtu >= size || (!v6 && mtu < 68)) mtu = plateau(size);
  if (mtu < least) mtu = least;
  unsigned now = t->size ? t->size + more : size;
  if (mtu < now) t->size = (uint16_t)((now = mtu) - more);
  if (now < size) h->sent--;           /* it was not this hop's attempt */
  sweep_lost(t, ttl);
}

/* Whether |addr| may have been met before; it has been from now on. */
static int met(struct trace *t, const uint8_t *addr) {
  uint64_t bit = 1ull << (table_fold(addr) * 0x9e3779b1u >> 26);
  int before = (t->met & bit) != 0;
  t->met |= bit;
  return before;
}

/* Whether |addr| answered first at an earlier hop than |ttl|, and another one
 * did in between: scamper's definition of a loop, adjacent repeats are none. */
static int loops(const struct trace *t, const struct slab *cells, unsigned ttl,
                 const uint8_t *addr) {
  uint8_t seen = 0, between = 0;
  uint32_t at = SLAB_NONE;
  const struct cell *c;
  while ((c = cells_next(cells, &t->cells, &at))) {
    if (!(c->flags & MTR_REPLY_PRIMARY) || c->ttl >= ttl) continue;
    int same = !memcmp(c->addr, addr, sizeof c->addr);
    if (same && c->ttl > seen) seen = c->ttl;
    if (!same && c->ttl > between) between = c->ttl;
  }
  return seen && between > seen;
}

int sweep_judge(struct trace *t, const struct slab *cells, unsigned ttl,
                const uint8_t *addr) {
  const struct hop *h = hop_of(t, ttl);
  t->settled = (uint8_t)ttl;
  t->stop_data = 0;
  if (h->final) return MTR_STOP_COMPLETED;
  if (h->answers && h->unreach == h->answers) {
    t->stop_data = h->code;
    return MTR_STOP_UNREACH;
  }
  t->gap = addr ? 0 : (uint8_t)(t->gap + 1);
  int over = t->failed && t->failed == t->probes ? MTR_STOP_ERROR : 0;
  if (over) t->stop_data = h->error;
  if (t->gap_limit && t->gap >= t->gap_limit)
    return over ? over : MTR_STOP_GAPLIMIT;
  if (addr && t->loop_limit && t->multipath != MTR_CLASSIC &&
      met(t, addr) && loops(t, cells, ttl, addr) &&
      ++t->loops >= t->loop_limit)
    return MTR_STOP_LOOP;
  if (ttl >= t->limit) return over ? over : MTR_STOP_HOPLIMIT;
  return MTR_STOP_NONE;
}
