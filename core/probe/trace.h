/* SPDX-License-Identifier: MIT
 *
 * trace.h: a trace in flight, as small as it can be, for there may be a million
 * of them. What it shares with others is in struct opts, its kept replies are
 * in cells, and what few traces need is in a struct own beside it. Of its hops
 * a sweep holds those that have not settled: a ring that grows in steps; a
 * strategy, which may turn back, holds all.
 */
#ifndef PROBE_TRACE_H
#define PROBE_TRACE_H

#include "base/wheel.h"
#include "probe/cells.h"
#include "probe/opts.h"

enum trace_state { TRACE_FREE, TRACE_RUNNING, TRACE_ENDING, TRACE_DONE };

/* What a trace knows of one TTL. Counts end at 255. */
struct hop {
  uint32_t first;        /* the cell of its first answer, plus one; 0 none */
  uint8_t sent;          /* probes, failed ones included */
  uint8_t out;           /* of them outstanding */
  uint8_t answers;       /* first, timely ones */
  uint8_t marks;         /* HOP_FINAL ... */
};

enum {
  HOP_FINAL = 1,         /* an answer completes the trace here */
  HOP_OTHER = 2,         /* an answer was no unreachable that does not */
  HOP_ERROR = 4          /* a send failed; the errno is in the cells */
};

/* In which list a trace waits for its turn, if in any. */
enum trace_turn { TURN_NONE, TURN_READY, TURN_URGENT };

enum { HOPS_NEAR = 8, HOP_RINGS = 3, TRACE_BITS = MTR_HANDLE_BITS };

/* What traces have that own a timer, are told what to send, or share ports
 * (UDP, TCP). */
struct own {
  uint32_t next_free;    /* the slab's while free */
  uint32_t self;         /* its place in the slab */
  struct timer timer;    /* wakes the trace for its own pace */
  int64_t routed;        /* ns; when the source was found */
  uint32_t queue, queue_last;        /* no sweep: probes to be sent */
  uint32_t queued;       /* probes in |queue| */
  struct cell_list data; /* replies that carry no identity, not yet credited */
  uint32_t data_count;   /* replies in |data| */
  uint32_t same_hash;    /* UDP, TCP: next trace with the same tuple hash */
  uint16_t asked_size;   /* strategy: bytes of its last probe; 0: the trace's */
  uint16_t pad;
};

struct trace {
  uint32_t failed;       /* sends that failed; while free it is the slab's */
  uint32_t handle;       /* generation << TRACE_BITS | index */
  uint32_t cookie;
  uint32_t hops_index;   /* of |hops|, in the slab of its size, if not |near| */
  uint8_t dst[16];
  const struct opts *opts;
  struct own *own;       /* NULL: it needs none */
  struct hop *hops;      /* ring of hop_mask + 1, by TTL - 1; manual: NULL */
  uint64_t seen;         /* two bits by hash for each address that answered */
  int64_t start;         /* ns, monotonic */
  int64_t at;            /* ns; running: when its own pace lets it send next;
                          * then: when it ended */
  uint32_t ready_prev, ready_next;   /* traces that may have a probe to send */
  uint32_t ready_ahead;  /* which of them may come TURNS_AHEAD later */
  uint32_t dirty_next;   /* traces to advance */
  struct cell_list cells;
  uint32_t oldest, newest;           /* outstanding probes */
  uint32_t probes;       /* sent */
  uint16_t sport, size;
  uint16_t out;          /* probes outstanding */
  uint16_t next_ttl;     /* first TTL not yet probed, nor any above */
  uint16_t left;         /* strategy: it has left the TTLs below behind */
  uint8_t hop_mask;      /* of the ring: its size less one */
  uint8_t region;
  uint8_t settled;       /* last settled TTL */
  uint8_t limit;         /* last TTL worth probing */
  uint8_t high;          /* highest TTL that answered */
  uint8_t gap;           /* silent hops in a row up to |settled| */
  uint8_t loops;
  uint8_t retry;         /* some TTL below next_ttl wants another probe */
  uint8_t waits;         /* sends nothing until its ports' data is credited */
  uint8_t state;         /* enum trace_state */
  uint8_t stop, stop_data;
  uint8_t extras;        /* kept replies that are no answers */
  uint8_t in_ready;      /* enum trace_turn */
  uint8_t in_dirty;
  uint8_t asked;         /* MTR_EV_NEXT, MTR_EV_PACE: not yet answered; 0 */
  uint8_t places;        /* probes that it may answer with */
  uint8_t news;          /* something has happened since it was asked */
  uint8_t passed;        /* strategy: not to be asked until then */
  uint8_t paced;         /* the wait before its next probe is known */
  uint8_t last;          /* strategy: hop count to end with; 0: not said */
  uint8_t held_from;     /* TTL of a SYN whose connection the target holds */
  struct hop near[HOPS_NEAR];        /* the ring of most traces */
};

/* trace_sweeps: whether the sweep chooses the probes of |t|. */
static inline int trace_sweeps(const struct trace *t) {
  return !(t->opts->flags & (MTR_MANUAL | MTR_STRATEGY));
}

/* trace_index: its place in the slab of traces. */
static inline uint32_t trace_index(const struct trace *t) {
  return t->handle & ((1u << TRACE_BITS) - 1);
}

/* trace_fetch: |t| is about to be used: have the processor fetch it. */
static inline void trace_fetch(const struct trace *t) {
  for (size_t i = 0; i < sizeof *t; i += 64)
    __builtin_prefetch((const uint8_t *)t + i);
}

/* trace_hop: hop |ttl| of |t|, of a sweep one that has not settled and is
 * within the ring. NULL: nothing is known of a manual trace's. */
static inline struct hop *trace_hop(const struct trace *t, unsigned ttl) {
  return t->hops ? &t->hops[(ttl - 1) & t->hop_mask] : NULL;
}

#endif
