/* SPDX-License-Identifier: MIT
 *
 * A count is of a span of time and of the one before, so that a miss is
 * forgotten after one to two spans.
 */
#include "probe/guess.h"

#include "wire/proto.h"

/* So many misses mean that somebody is guessing. */
enum { FEW = 8, FEW_QUOTES = 64 };

static const int64_t SPAN = 10000000000;   /* ns */

enum kind { KIND_QUOTE, KIND_SHORT, KIND_ANSWER, KIND_BARE };

static uint32_t kind_of(const struct wire_reply *r) {
  if (r->flags & WIRE_TRUNCATED) return KIND_SHORT;
  if (r->flags & WIRE_QUOTE) return KIND_QUOTE;
  int bare = r->kind == WIRE_UDP_REPLY ||
             (r->kind == WIRE_TCP_REPLY && !(r->tcp_flags & PROTO_TCP_ACK));
  return bare ? KIND_BARE : KIND_ANSWER;
}

static uint32_t place(const struct wire_reply *r, int by_port) {
  uint32_t what = by_port ? r->sport : table_fold(r->quoted_dst);
  uint32_t kind = (uint32_t)r->quoted_protocol << 3 | kind_of(r) << 1 |
                  (by_port ? 1u : 0u);
  uint32_t h = (what + kind * 0x85ebca6bu) * 0x9e3779b1u;
  return h >> 16 & (GUESS_PLACES - 1);
}

static void count(struct core *c, uint32_t at, int64_t now) {
  struct guess *g = &c->guesses[at];
  uint32_t span = (uint32_t)(now / SPAN);
  if (g->span != span) {
    g->before = g->span + 1 == span ? g->misses : 0;
    g->misses = 0;
    g->span = span;
  }
  if (g->misses < UINT16_MAX) g->misses++;
}

void guess_miss(struct core *c, const struct wire_reply *r, int64_t now) {
  count(c, place(r, 0), now);
  count(c, place(r, 1), now);
}

int guess_likely(const struct core *c, const struct wire_reply *r, int by_port,
                 int64_t now) {
  const struct guess *g = &c->guesses[place(r, by_port)];
  uint32_t span = (uint32_t)(now / SPAN), n = 0;
  if (g->span == span) n = (uint32_t)g->misses + g->before;
  if (g->span + 1 == span) n = g->misses;
  return n >= (kind_of(r) == KIND_QUOTE ? FEW_QUOTES : FEW);
}
