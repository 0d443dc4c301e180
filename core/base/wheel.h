/* SPDX-License-Identifier: MIT
 *
 * wheel.h: a hierarchical timing wheel. Adding, removing and expiring a timer
 * are O(1) for any number of timers. Eight levels of 64 slots cover any
 * int64_t. A tick is 2^17 ns (0.13 ms): a timer never fires early, and at most
 * one tick late. Timers of the same tick fire in the order in which they were
 * added.
 *
 * wheel_expire returns one due timer at a time, already removed, so the caller
 * may arm it again, or remove others, before the next call.
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
  uint32_t kind;         /* for the caller: what it is embedded in */
  uint32_t index;        /* for the caller: which one */
};

struct wheel {
  int64_t tick;                    /* the last tick that expired */
  uint64_t busy[WHEEL_LEVELS];     /* a bit for each slot with timers */
  struct timer slot[WHEEL_LEVELS][WHEEL_SLOTS];  /* list heads */
  struct timer due;                /* list head */
  uint32_t count;                  /* timers armed */
};

/* wheel_init: makes an empty wheel that starts at |now|, ns. */
void wheel_init(struct wheel *w, int64_t now);

/* wheel_add: arms |t| for |at|, ns. |t| must not be armed yet and must stay
 * valid until it is disarmed. */
void wheel_add(struct wheel *w, struct timer *t, int64_t at);

/* wheel_remove: disarms |t|, if it is armed. */
void wheel_remove(struct wheel *w, struct timer *t);

/* wheel_expire: disarms and returns the next timer due at |now|, or NULL. */
struct timer *wheel_expire(struct wheel *w, int64_t now);

/* wheel_next: returns when to call wheel_expire again, ns: at the tick of the
 * earliest timer or before; INT64_MAX without timers. */
int64_t wheel_next(const struct wheel *w);

/* wheel_armed: returns 1 if |t| is in a wheel. */
static inline int wheel_armed(const struct timer *t) {
  return t->next != NULL;
}

#endif
