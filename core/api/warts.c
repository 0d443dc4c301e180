/* SPDX-License-Identifier: MIT
 *
 * Writes the result of a trace as a record of warts, the binary format of
 * scamper's results. lua/mtr/report/warts/trace.lua writes kept results in the
 * same way, and its schema has the names of all parameters; a spec checks that
 * both write the same bytes.
 *
 * A block of parameters is: bytes with a bit for each parameter that is there
 * (seven a byte, the eighth says that another byte follows), a 16-bit length,
 * and the values in the order of their numbers. All numbers are big-endian. An
 * address is written in full once in a record, and then by its number.
 */
#include <errno.h>
#include <string.h>

#include "api/engine.h"
#include "api/warts.h"
#include "base/bytes.h"
#include "wire/ext.h"

enum { MAGIC = 0x1205, TRACE = 6, HEADER = 8, MOST = 192, SLOTS = 256 };
enum { ROOM_TRACE = 192, ROOM_HOP = 96 };        /* without extensions */
enum { TYPE_TCP = 3, TYPE_TCP_ACK = 6, GAP_STOP = 1 };
enum { ALL_ATTEMPTS = 1, ICMP_SUM = 32 };        /* flags of the trace */
enum { KERNEL_TIME = 1, TTL_KNOWN = 16, IS_TCP = 32, IS_UDP = 64 };

/* A record being written. |slot| finds an address by hash: its number plus 1,
 * 0: free. There are fewer addresses than slots. */
struct out {
  uint8_t *p;            /* next byte */
  uint8_t *end;          /* one past the last */
  uint64_t bits;         /* parameters of the block so far */
  uint64_t start;        /* us since 1970 */
  uint32_t known;        /* addresses so far */
  uint8_t slot[SLOTS];
  const uint8_t *addr[MOST + 2];
  uint8_t size[MOST + 2];
};

/* Parameter |number| of the block, by the size of its value. */

static inline void u8(struct out *o, unsigned number, unsigned v) {
  o->bits |= 1ull << (number - 1);
  *o->p++ = (uint8_t)v;
}

static inline void u16(struct out *o, unsigned number, unsigned v) {
  o->bits |= 1ull << (number - 1);
  o->p = put_u16(o->p, v);
}

static inline void u32(struct out *o, unsigned number, uint32_t v) {
  o->bits |= 1ull << (number - 1);
  o->p = put_u32(o->p, v);
}

static inline void moment(struct out *o, unsigned number, uint64_t us) {
  u32(o, number, (uint32_t)(us / 1000000));
  o->p = put_u32(o->p, (uint32_t)(us % 1000000));
}

static unsigned hash(const uint8_t *addr, unsigned size) {
  uint32_t word[4] = {0};
  memcpy(word, addr, size);
  return (((word[0] ^ word[1]) * 0x9e3779b1u) ^
          ((word[2] ^ word[3]) * 0x85ebca77u)) >> 24;
}

static void address(struct out *o, unsigned number, const uint8_t *addr,
                    unsigned family) {
  unsigned size = family == 4 ? 4 : 16, i = hash(addr, size);
  o->bits |= 1ull << (number - 1);
  for (; o->slot[i]; i = (i + 1) % SLOTS) {
    unsigned k = o->slot[i] - 1u;
    if (o->size[k] != size || memcmp(o->addr[k], addr, size)) continue;
    *o->p++ = 0;
    o->p = put_u32(o->p, k);
    return;
  }
  o->addr[o->known] = addr;
  o->size[o->known] = (uint8_t)size;
  o->slot[i] = (uint8_t)++o->known;
  *o->p++ = (uint8_t)size;
  *o->p++ = family == 4 ? 1 : 2;
  memcpy(o->p, addr, size);
  o->p += size;
}

/* Begins a block of |flags| flag bytes; returns where it begins. */
static inline uint8_t *open_block(struct out *o, unsigned flags) {
  uint8_t *at = o->p;
  o->bits = 0;
  o->p += flags + 2;
  return at;
}

static inline void close_block(struct out *o, uint8_t *at, unsigned flags) {
  for (unsigned i = 0; i < flags; i++)
    at[i] = (uint8_t)((o->bits >> 7 * i & 127) | (i + 1 < flags ? 128 : 0));
  put_u16(at + flags, (unsigned)(o->p - at) - flags - 2);
}

/* Microseconds, rounded as in JSON; never negative. */
static inline uint32_t micros(double ms) {
  double us = ms * 1000 + 0.5;
  return !(us > 0) ? 0 : us < 0x1p32 ? (uint32_t)us : UINT32_MAX;
}

static uint64_t unix_micros(double s) {
  if (!(s > 0 && s < 0x1p32 - 1)) return 0;
  uint32_t whole = (uint32_t)s;
  return whole * 1000000ull + (uint32_t)((s - whole) * 1e6 + 0.5);
}

/* Writes extension objects: their lengths do not count their headers. */
static void extensions(struct out *o, const uint8_t *ext, unsigned size) {
  struct bytes b = bytes_of(ext, size);
  struct wire_object object;
  uint8_t *at = o->p;
  o->p += 2;
  while (ext_next(&b, &object) > 0) {
    o->p = put_u16(o->p, object.size);
    *o->p++ = object.class;
    *o->p++ = object.type;
    memcpy(o->p, object.data, object.size);
    o->p += object.size;
  }
  if (o->p == at + 2) {
    o->p = at;
    return;
  }
  put_u16(at, (unsigned)(o->p - at) - 2);
  o->bits |= 1u << 16;
}

/* Returns 1 if scamper takes the quote of this message for one. */
static int quotes(const struct mtr_event *e) {
  if (e->protocol != MTR_ICMP || !(e->flags & MTR_REPLY_QUOTE)) return 0;
  if (e->family == 6) return e->icmp_type >= 1 && e->icmp_type <= 3;
  return e->icmp_type == 3 || e->icmp_type == 11;
}

/* Returns 1 if the code is known: some types have only one. */
static int coded(const struct mtr_event *e) {
  if (e->protocol != MTR_ICMP) return 0;
  if (e->icmp_code != MTR_NO_CODE) return 1;
  if (e->family == 6) return e->icmp_type == 3 || e->icmp_type == 129;
  return e->icmp_type == 11 || e->icmp_type == 0;
}

static void hop(struct out *o, const struct mtr_event *e, const uint8_t *ext,
                unsigned size) {
  uint8_t *at = open_block(o, 3);
  int tcp = e->protocol == MTR_TCP, quote = quotes(e);
  u8(o, 2, e->ttl);
  if (e->reply_ttl) u8(o, 3, e->reply_ttl);
  u8(o, 4, (e->flags & MTR_REPLY_USER_TIME ? 0u : KERNEL_TIME) |
               (e->reply_ttl ? TTL_KNOWN : 0u) | (tcp ? IS_TCP : 0u) |
               (e->protocol == MTR_UDP ? IS_UDP : 0u));
  u8(o, 5, e->attempt ? e->attempt - 1u : 0);
  u32(o, 6, micros((double)e->rtt));
  if (coded(e))
    u16(o, 7, e->icmp_type * 256u +
                  (e->icmp_code == MTR_NO_CODE ? 0 : e->icmp_code));
  if (size) u16(o, 8, size);
  if (e->reply_size) {
    u16(o, 9, e->reply_size);
    if (e->family == 4 && e->ip_id) u16(o, 10, e->ip_id);
    u8(o, 11, e->tos);
  }
  if (e->flags & MTR_REPLY_TOO_BIG && e->mtu) u16(o, 12, e->mtu);
  if (quote && e->quoted_size != size) u16(o, 13, e->quoted_size);
  if (quote && e->quoted_ttl != 1) u8(o, 14, e->quoted_ttl);
  if (tcp) u8(o, 15, e->tcp_flags);
  if (quote) u8(o, 16, e->quoted_tos);
  if (e->ext_words) extensions(o, ext, e->ext_words * 4u);
  address(o, 18, e->addr, e->family);
  moment(o, 19, o->start + micros((double)e->at));
  close_block(o, at, 3);
}

static unsigned type(const struct mtr_info *i) {
  static const uint8_t icmp[] = {4, 1, 4}, udp[] = {5, 2, 2};
  if (i->protocol == MTR_TCP)
    return i->flags & MTR_TCP_ACK ? TYPE_TCP_ACK : TYPE_TCP;
  return i->protocol == MTR_ICMP ? icmp[i->multipath] : udp[i->multipath];
}

/* The timeout in seconds, rounded up. */
static unsigned seconds(double ms) {
  unsigned s = ms < 255000 ? (unsigned)(ms / 1000) : 255;
  return s < 255 && s * 1000.0 < ms ? s + 1 : s;
}

static unsigned at_most(unsigned value, unsigned most) {
  return value < most ? value : most;
}

/* The numbers of stop reasons in warts. A reason that scamper does not know
 * has no line here. */
static const uint8_t stops[] = {
    [MTR_STOP_COMPLETED] = 1, [MTR_STOP_UNREACH] = 2, [MTR_STOP_ICMP] = 3,
    [MTR_STOP_LOOP] = 4, [MTR_STOP_GAPLIMIT] = 5, [MTR_STOP_ERROR] = 6,
    [MTR_STOP_HOPLIMIT] = 7, [MTR_STOP_GSS] = 8, [MTR_STOP_LSS] = 1,
    [MTR_STOP_HALTED] = 9};

uint32_t mtr_warts_stop(uint32_t reason) {
  return reason < sizeof stops ? stops[reason] : 0;
}

static void parameters(struct out *o, const struct mtr_info *info,
                       const struct warts_ids *ids) {
  unsigned flags = info->window > 1 ? 5 : 4;
  int all = info->queries > 1 && info->attempts == 1;
  uint8_t *at = open_block(o, flags);
  u32(o, 1, ids->list);
  u32(o, 2, ids->cycle);
  moment(o, 5, o->start);
  u8(o, 6, mtr_warts_stop(info->stop_reason));
  u8(o, 7, info->stop_data == MTR_NO_CODE ? 0 : info->stop_data);
  if (all || info->icmp_sum)
    u8(o, 8, (all ? ALL_ATTEMPTS : 0u) | (info->icmp_sum ? ICMP_SUM : 0u));
  u8(o, 9, info->attempts * info->queries);
  u8(o, 10, info->max_ttl);
  u8(o, 11, type(info));
  if (info->size) u16(o, 12, info->size);
  if (info->source_port) u16(o, 13, info->source_port);
  if (info->protocol != MTR_ICMP) u16(o, 14, info->port);
  else if (info->icmp_sum) u16(o, 14, info->icmp_sum);
  u8(o, 15, info->first_ttl);
  u8(o, 16, info->tos);
  u8(o, 17, seconds(info->timeout));
  u8(o, 18, info->loop_limit);
  u16(o, 19, info->hop_count);
  u8(o, 20, info->gap_limit);
  u8(o, 21, GAP_STOP);
  u8(o, 22, 0);
  u16(o, 23, at_most(info->probes, 65535));
  u8(o, 24, 0);
  u8(o, 25, 0);
  address(o, 26, info->src, info->family);
  address(o, 27, info->dst, info->family);
  if (ids->user) u32(o, 28, ids->user);
  if (info->window > 1) u8(o, 31, info->window);
  close_block(o, at, flags);
}

/* Reads the replies of |t| into m->replies. Returns how many there are, or
 * -EMSGSIZE if they are more than MOST. While one cell is read the next is
 * fetched. */
static int collect(struct mtr *m, const struct trace *t, unsigned last) {
  const struct core *c = &m->loop.core;
  struct replies *r = &m->replies;
  const struct cell *cell;
  uint32_t at = SLAB_NONE;
  int n = 0;
  if (replies_reserve(r, MOST)) return -ENOMEM;
  ahead_begin(&m->ahead, c, t->handle);
  while ((cell = cells_next(&c->cells, &t->cells, &at))) {
    if (cell->next != SLAB_NONE)
      __builtin_prefetch(slab_at(&c->cells.slab, cell->next));
    ahead_next(&m->ahead, c);
    if (n == MOST) return -EMSGSIZE;
    struct mtr_event *e = &r->events[n];
    unsigned ext = (unsigned)n * REPLIES_EXT;
    cells_event(&c->cells, cell, e, r->ext + ext);
    e->ext = (uint16_t)(ext / 4);
    e->ext_high = 0;
    n += e->family != 0 && e->ttl <= last;
  }
  return n;
}

static unsigned place(const struct mtr_event *e) {
  return e->ttl * 256u + e->attempt;
}

/* Puts the numbers of those of |n| events that are replies up to the hop |last|
 * into |order|, by TTL, then attempt. Mostly they are in this order. Returns
 * how many there are; -EMSGSIZE: more than MOST. */
static int sort(const struct mtr_event *events, uint32_t n, unsigned last,
                uint32_t *order) {
  int count = 0;
  for (uint32_t i = 0; i < n; i++) {
    const struct mtr_event *e = &events[i];
    if (!e->family || !e->ttl || e->ttl > last) continue;
    if (count == MOST) return -EMSGSIZE;
    int k = count++;
    for (; k && place(&events[order[k - 1]]) > place(e); k--)
      order[k] = order[k - 1];
    order[k] = i;
  }
  return count;
}

int warts_write(const struct mtr_info *info, const struct replies *r,
                uint32_t n, const struct warts_ids *ids, uint8_t *buf,
                uint32_t size) {
  uint32_t order[MOST];
  int count = sort(r->events, n, info->hop_count, order);
  if (count < 0 || size < ROOM_TRACE) return -EMSGSIZE;
  struct out o;
  o.p = buf + HEADER;
  o.end = buf + size;
  o.start = unix_micros(info->start);
  o.known = 0;
  memset(o.slot, 0, sizeof o.slot);
  parameters(&o, info, ids);
  o.p = put_u16(o.p, (unsigned)count);
  for (int i = 0; i < count; i++) {
    const struct mtr_event *e = &r->events[order[i]];
    if (o.end - o.p < ROOM_HOP + e->ext_words * 4) return -EMSGSIZE;
    hop(&o, e, replies_ext(r, e), info->size);
  }
  o.p = put_u16(o.p, 0);
  put_u32(put_u16(put_u16(buf, MAGIC), TRACE), (uint32_t)(o.p - buf) - HEADER);
  return (int)(o.p - buf);
}

int mtr_warts(struct mtr *m, uint32_t handle, uint32_t list, uint32_t cycle,
              uint32_t user, uint8_t *buf, uint32_t size) {
  struct mtr_info info;
  const struct warts_ids ids = {list, cycle, user};
  int n = mtr_describe(m, handle, &info);
  if (n < 0) return n;
  n = collect(m, engine_trace(m, handle), info.hop_count);
  if (n < 0) return n;
  return warts_write(&info, &m->replies, (uint32_t)n, &ids, buf, size);
}
