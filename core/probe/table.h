/* SPDX-License-Identifier: MIT
 *
 * table.h: the probe table of one region of 32,768 identities. The place of a
 * probe in the table gives its identity on the wire, so a reply finds its probe
 * without a search.
 *
 * An identity is not used again while a reply to it may still come. A probe
 * that ended goes to one of two queues, in order of time, and stays reserved
 * for the late window. Replies to answered probes can only be duplicates, so
 * these probes may be reused early when the table is full. Silent probes are
 * never reused early: the caller has to wait (table_free_at says until when).
 */
#ifndef PROBE_TABLE_H
#define PROBE_TABLE_H

#include "base/slab.h"
#include "base/wheel.h"

enum { TABLE_SHIFT = 15, TABLE_REGION = 1 << TABLE_SHIFT };

enum probe_state {
  PROBE_FREE,            /* never used, or no longer reserved */
  PROBE_QUEUED,          /* to be sent */
  PROBE_SENT,            /* outstanding */
  PROBE_ANSWERED,        /* ended by a reply */
  PROBE_SILENT           /* ended by its timeout, or given up */
};

enum {
  PROBE_BY_IP_ID = 1,    /* its identity is the IPv4 identification alone */
  PROBE_REPORTED = 2,    /* it is sent again, and has its SENT event */
  PROBE_DOUBTED = 4      /* its answer is in doubt (doubt.h) */
};

struct probe {
  uint32_t next;         /* in a queue of the table or of the trace */
  uint32_t handle;       /* generation << 19 | place */
  struct timer timer;    /* sent: its timeout; ended: reserved until then */
  int64_t sent;          /* ns */
  uint32_t trace;        /* handle of its trace */
  uint32_t older;        /* the trace's outstanding probes, in sending order */
  uint32_t newer;        /* ended: the probe TABLE_AHEAD later, or none */
  uint32_t dst;          /* table_fold of the destination */
  uint16_t sport;        /* as sent */
  uint16_t dport;        /* ICMP: the checksum */
  uint16_t flow;
  uint16_t size;
  uint8_t ttl;
  uint8_t attempt;
  uint8_t state;         /* enum probe_state */
  uint8_t family;
  uint8_t protocol;
  uint8_t marks;         /* PROBE_BY_IP_ID ... */
  uint16_t asked_size;   /* bytes of its packet; 0: its trace's */
};

enum { TABLE_AHEAD = 8 };

struct table_queue {
  uint32_t first, last;  /* places, SLAB_NONE when empty */
  uint32_t count;
  uint32_t pushed;       /* how many, so far */
  uint32_t recent[TABLE_AHEAD];      /* the last ones pushed */
};

struct table {
  struct slab slab;      /* of struct probe */
  uint32_t region;       /* its number, in the upper bits of its handles */
  struct table_queue answered, silent;
};

/* table_init: makes an empty table for at most |max| probes, up to
 * TABLE_REGION.
 */
void table_init(struct table *t, uint32_t region, uint32_t max);

/* table_close: frees its memory. */
void table_close(struct table *t);

/* table_grow: adds a chunk, up to the maximum, if few probes are free and none
 * is due for reuse at |now|. Call it between batches. 0 or -ENOMEM. */
int table_grow(struct table *t, int64_t now);

/* table_take: returns a probe with a new generation, or NULL if all are
 * reserved.
 */
struct probe *table_take(struct table *t, int64_t now);

/* table_has_room: returns 1 if table_take would find a probe at |now|. */
int table_has_room(const struct table *t, int64_t now);

/* table_retire: ends |p| in |state| and reserves its identity until |until|,
 * which must not decrease from call to call with the same state. */
void table_retire(struct table *t, struct probe *p, enum probe_state state,
                  int64_t until);

/* table_free_at: returns when table_take will succeed again, after it failed at
 * |now|: |now| if the table can grow; INT64_MAX: only after a probe ends. */
int64_t table_free_at(const struct table *t, int64_t now);

/* table_place: returns the place of |p|, 0..TABLE_REGION-1. */
static inline uint32_t table_place(const struct probe *p) {
  return p->handle & (TABLE_REGION - 1);
}

/* table_left: returns 1 if |p| has left, so that it can be answered. If it has
 * not, an answer belongs to the probe that had this place before. */
static inline int table_left(const struct probe *p) {
  return p->state > PROBE_SENT || (p->state == PROBE_SENT && p->size);
}

/* table_at: returns the probe at |place|, or NULL if there is none. */
static inline struct probe *table_at(const struct table *t, uint32_t place) {
  return place < t->slab.count ? slab_at(&t->slab, place) : NULL;
}

/* probe_fetch: fetches |p|, which is used soon, into the cache. */
static inline void probe_fetch(const struct probe *p) {
  __builtin_prefetch(p, 1);
  __builtin_prefetch((const uint8_t *)p + sizeof *p - 1, 1);
}

/* table_fold: returns 32 bits of an address, to compare destinations. */
uint32_t table_fold(const uint8_t addr[16]);

#endif
