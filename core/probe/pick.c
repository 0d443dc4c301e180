/* SPDX-License-Identifier: MIT */
#include "probe/pick.h"

#include <errno.h>

#include "probe/ask.h"
#include "probe/due.h"
#include "probe/turns.h"

enum { PICKS = 64 };                   /* most picks of one question */

uint32_t pick_list(struct core *c, uint32_t *cookies, uint32_t n, int64_t now) {
  uint32_t k = 0, next;
  if (c->picking) c->asked--;
  c->picking = 0;
  for (uint32_t i = c->ready.first; i != SLAB_NONE; i = next) {
    struct trace *t = state_at(c, i);
    next = t->ready_next;
    if (!due_wants(t) || (due_question(t) != MTR_EV_PACE &&
                          due_later(c, t, now)))
      turns_leave(c, t);
    else if (k++ < n)
      cookies[k - 1] = t->cookie;
  }
  return k;
}

void pick_nobody(struct core *c) { c->nobody = 1; }

int pick_trace(struct core *c, struct trace *t) {
  c->nobody = 0;
  if (t->in_ready != TURN_READY) return -EBUSY;
  turns_urgent(c, t);
  return 0;
}

void pick_ask(struct core *c, uint32_t k, int64_t now) {
  uint32_t allowed = ask_allowed(c, k, now);
  if (c->picking || c->nobody || !allowed) return;
  if (c->urgent.first != SLAB_NONE) return;
  if (!pick_list(c, NULL, 0, now)) return;
  ask_trace(c, MTR_EV_PICK, NULL, 1, now)->probe =
      allowed < PICKS ? allowed : PICKS;
}
