/* SPDX-License-Identifier: MIT
 *
 * A timer lives on the level of the highest group of six bits in which its tick
 * differs from the wheel's; the wheel jumps from busy slot to busy slot and, on
 * entering a slot of a higher level, deals its timers out again. All timers of
 * a lower level are therefore earlier than those of a higher one.
 */
#include "base/wheel.h"

static void list_init(struct timer *head) { head->next = head->prev = head; }

static void list_push(struct timer *head, struct timer *t) {
  t->prev = head->prev;
  t->next = head;
  head->prev->next = t;
  head->prev = t;
}

static void list_remove(struct timer *t) {
  t->prev->next = t->next;
  t->next->prev = t->prev;
  t->next = t->prev = NULL;
}

/* Moves all timers of the list |head|, at least one, into the empty list
 * |to|. */
static void list_move(struct timer *to, struct timer *head) {
  to->next = head->next;
  to->prev = head->prev;
  to->next->prev = to;
  to->prev->next = to;
  list_init(head);
}

static int64_t tick_of(int64_t at) {
  return (at + (1 << WHEEL_SHIFT) - 1) >> WHEEL_SHIFT;
}

void wheel_init(struct wheel *w, int64_t now) {
  w->tick = now >> WHEEL_SHIFT;
  w->count = 0;
  list_init(&w->due);
  for (int l = 0; l < WHEEL_LEVELS; l++) {
    w->busy[l] = 0;
    for (int s = 0; s < WHEEL_SLOTS; s++) list_init(&w->slot[l][s]);
  }
}

static void place(struct wheel *w, struct timer *t) {
  int64_t tick = tick_of(t->at);
  if (tick <= w->tick) {
    list_push(&w->due, t);
    return;
  }
  int level = (63 - __builtin_clzll((uint64_t)(tick ^ w->tick))) / 6;
  int s = (int)(tick >> (6 * level)) & 63;
  list_push(&w->slot[level][s], t);
  w->busy[level] |= 1ull << s;
}

void wheel_add(struct wheel *w, struct timer *t, int64_t at) {
  t->at = at;
  w->count++;
  place(w, t);
}

void wheel_remove(struct wheel *w, struct timer *t) {
  if (!t->next) return;
  struct timer *head = t->next;
  int last = head == t->prev;          /* only the head remains */
  list_remove(t);
  w->count--;
  struct timer *first = &w->slot[0][0];
  if (!last || head == &w->due) return;
  ptrdiff_t i = head - first;
  w->busy[i / WHEEL_SLOTS] &= ~(1ull << (i % WHEEL_SLOTS));
}

/* The tick at which the earliest busy slot begins, and its level; or -1. */
static int next_slot(const struct wheel *w, int64_t *tick) {
  for (int l = 0; l < WHEEL_LEVELS; l++) {
    int64_t at = w->tick >> (6 * l);
    uint64_t later = w->busy[l] & ~((2ull << (at & 63)) - 1);
    if (!later) continue;
    int s = __builtin_ctzll(later);
    *tick = ((at & ~(int64_t)63) | s) << (6 * l);
    return l;
  }
  return -1;
}

struct timer *wheel_expire(struct wheel *w, int64_t now) {
  int64_t goal = now >> WHEEL_SHIFT, tick;
  for (;;) {
    struct timer *t = w->due.next;
    if (t != &w->due) {
      list_remove(t);
      w->count--;
      return t;
    }
    int level = next_slot(w, &tick);
    if (level < 0 || tick > goal) {
      if (goal > w->tick) w->tick = goal;
      return NULL;
    }
    w->tick = tick;
    int s = (int)(tick >> (6 * level)) & 63;
    struct timer *head = &w->slot[level][s];
    w->busy[level] &= ~(1ull << s);
    if (!level) list_move(&w->due, head);   /* of one tick, and that is now */
    while ((t = head->next) != head) {
      list_remove(t);
      place(w, t);
    }
  }
}

int64_t wheel_next(const struct wheel *w) {
  int64_t tick;
  if (w->due.next != &w->due) return w->tick << WHEEL_SHIFT;
  return next_slot(w, &tick) < 0 ? INT64_MAX : tick << WHEEL_SHIFT;
}
