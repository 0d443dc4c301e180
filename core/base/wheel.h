/* SPDX-License-Identifier: MIT
 *
 * wheel.h: a hierarchical timing wheel: adding, removing and expiring a timer
 * are O(1) whatever the number of timers. Eight levels of 64 slots hold any
 * int64_t, a tick is 2^17 ns (0.13 ms): a timer never fires early and at most
 * one tick late.
 * Timers of the same tick fire in the order in which they were added.
 *
 * Expiry is pulled: wheel_expire gives one due timer at a time, already
 * removed, so its owner may re-arm it, or remove others, in between.
 */
#ifndef BASE_WHEEL_H
#define BASE_WHEEL_H

#include <stddef.h>
#include <stdint.h>

enum { WHEEL_LEVELS = 8, WHEEL_SLOTS = 64, WHEEL_SHIFT = 17 };

struct timer {
  struct timer *next;    /* NULL while not armed */
  struct timer *prev;
  int64_t at;            /* ns; when it is due */
  uint32_t kind;         /* the owner's: what it is embedded in */
  uint32_t index;        /* the owner's: which one */
};

struct wheel {
  int64_t tick;                    /* the last one expired */
  uint64_t busy[WHEEL_LEVELS];     /* bit: slot not empty */
  struct timer slot[WHEEL_LEVELS][WHEEL_SLOTS];  /* list heads */
  struct timer due;                /* list head */
  uint32_t count;                  /* timers armed */
};

/* wheel_init: an empty wheel that starts at |now|, ns. */
void wheel_init(struct wheel *w, int64_t now);

/* wheel_add: arms |t|, which is not armed and outlives it, for |at|, ns. */
void wheel_add(struct wheel *w, struct timer *t, int64_t at);

/* wheel_remove: disarms |t|; nothing happens if it was not armed. */
void wheel_remove(struct wheel *w, struct timer *t);

/* wheel_expire: the next timer due at |now|, disarmed, or NULL. */
struct timer *wheel_expire(struct wheel *w, int64_t now);

/* wheel_next: when to call wheel_expire again, ns: no later than the earliest
 * timer's tick; INT64_MAX without timers. */
int64_t wheel_next(const struct wheel *w);

/* wheel_armed: whether |t| is in a wheel. */
static inline int wheel_armed(const struct timer *t) {
  return t->next != NULL;
}

#endif
