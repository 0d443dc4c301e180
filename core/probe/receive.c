/* SPDX-License-Identifier: MIT */
#include "probe/receive.h"

#include "probe/again.h"
#include "probe/data.h"
#include "probe/deliver.h"
#include "probe/fail.h"
#include "probe/guess.h"
#include "probe/match.h"
#include "probe/stray.h"

/* Counts |r|, which matches no single probe. If it fits several probes, it is
 * no guess. */
static void unmatched(struct core *c, const struct wire_reply *r, int tier,
                      int64_t now) {
  if (tier & MATCH_SEARCHED) c->searched++;
  if (tier != MATCH_SEVERAL) guess_miss(c, r, now);
  stray_count(c, r, now);
  c->counters.unmatched++;
}

/* Returns 1 if |r|, which was matched in |tier|, is believed. */
static int believed(const struct core *c, const struct wire_reply *r, int tier,
                    int64_t now) {
  if (!(tier & MATCH_WEAK)) return 1;
  if (c->config.strict) return 0;
  return tier & MATCH_PROVEN ||
         !guess_likely(c, r, (tier & MATCH_TIER) == 3, now);
}

void receive_reply(struct core *c, const struct wire_reply *r, int64_t now) {
  int tier = r->flags & WIRE_WEAK ? 1 | MATCH_WEAK : 1;
  if (r->kind == WIRE_UDP_REPLY && !r->handle) {
    data_take(c, r, now);
    return;
  }
  if (r->kind == WIRE_ERROR) {
    fail_probe(c, r->handle, r->error, now);
    return;
  }
  struct probe *p = r->handle ? state_probe(c, r->handle)
                              : match_probe(c, r, &tier);
  if (!p && !r->handle && data_is_bare(r)) {
    data_take(c, r, now);
    return;
  }
  if (!p && again_older(c, r, now)) return;
  if (!p || !table_left(p) || !believed(c, r, tier, now)) {
    unmatched(c, r, tier, now);
    return;
  }
  struct trace *t = state_trace(c, p->trace);
  if (!t || t->state != TRACE_RUNNING) {
    if (!again_older(c, r, now)) c->counters.orphans++;
    return;
  }
  if (p->state == PROBE_ANSWERED &&
      (again_same(c, t, p, r, now) || again_older(c, r, now)))
    return;
  deliver_reply(c, t, p, r, tier, now);
}

/* Forgets searches in vain, as time passes. */
static void forget_searches(struct core *c, int64_t now) {
  int64_t n = (now - c->searched_at) / MATCH_SEARCH_NS;
  if (n <= 0) return;
  c->searched -= n < c->searched ? (uint32_t)n : c->searched;
  c->searched_at = now;
}

void receive_replies(struct core *c, const struct wire_reply *v, uint32_t n,
                     int64_t now) {
  match_fetch(c, v, n);
  forget_searches(c, now);
  for (uint32_t i = 0; i < n; i++) receive_reply(c, &v[i], now);
}
