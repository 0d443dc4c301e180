/* SPDX-License-Identifier: MIT
 *
 * trace.h: a trace in flight. It is small, because there may be a million. What
 * many traces share is in struct opts, kept replies are in cells, and what only
 * few traces need is in a struct extra. A sweep has only the hops that have not
 * settled, in a ring that grows in steps. A strategy may go back to lower TTLs,
 * so it has all hops.
 */
#ifndef PROBE_TRACE_H
#define PROBE_TRACE_H

#include "base/wheel.h"
#include "probe/cells.h"
#include "probe/opts.h"

enum trace_state { TRACE_FREE, TRACE_RUNNING, TRACE_ENDING, TRACE_DONE };

/* What a trace knows about one TTL. Counts stop at 255. */
struct hop {
  uint32_t first;        /* cell of its first answer, plus one; 0: none */
  uint8_t sent;          /* probes, also those that failed */
  uint8_t out;           /* probes outstanding */
  uint8_t answers;       /* probes answered in time */
  uint8_t marks;         /* HOP_FINAL ... */
};

enum {
  HOP_FINAL = 1,         /* an answer completes the trace here */
  HOP_NOT_UNREACH = 2,   /* some answer is without MTR_REPLY_UNREACH */
  HOP_ERROR = 4,         /* a send failed; the errno is in the cells */
  HOP_AGAIN = 8          /* a strategy probed it after it had settled */
};

/* The list in which a trace waits for its turn. */
enum trace_turn { TURN_NONE, TURN_READY, TURN_URGENT };

enum { HOPS_NEAR = 8, HOP_RINGS = 3, TRACE_BITS = MTR_HANDLE_BITS };

/* What only some traces need: those with a timer, with probes chosen outside,
 * or with UDP or TCP. */
struct extra {
  uint32_t next_free;    /* of the slab, while free */
  uint32_t self;         /* its index in the slab */
  struct timer timer;    /* wakes the trace when its pace lets it send */
  int64_t routed;        /* ns; when the source address was looked up */
  uint32_t queue, queue_last;        /* no sweep: probes to be sent */
  uint32_t queued;       /* probes in |queue| */
  struct cell_list data; /* replies without identity, not yet credited */
  uint32_t data_count;   /* replies in |data| */
  uint32_t same_hash;    /* UDP, TCP: next trace in the same bucket (share.h) */
  uint16_t asked_size;   /* strategy: bytes of its last probe; 0: the trace's */
  uint16_t pad;
  int64_t turn;          /* ns; when to try again, if a lane made it wait */
  uint32_t lanes[MTR_LANES];         /* numbers; 0: none (lane.h) */
};

struct trace {
  uint32_t failed;       /* sends that failed; of the slab, while free */
  uint32_t handle;       /* generation << TRACE_BITS | index */
  uint32_t cookie;
  uint32_t hops_index;   /* of |hops| in the slab of its size; not of |near| */
  uint8_t dst[16];
  const struct opts *opts;
  struct extra *extra;   /* NULL: it needs none */
  struct hop *hops;      /* ring of hop_mask + 1, by TTL - 1; manual: NULL */
  uint64_t seen;         /* two bits, by hash, for each address that answered */
  int64_t start;         /* ns, monotonic */
  int64_t at;            /* ns; running: when its pace lets it send next;
                          * ended: when it ended */
  uint32_t ready_prev, ready_next;   /* in a list of turns (turns.h) */
  uint32_t ready_ahead;  /* trace that probably comes TURNS_AHEAD later */
  uint32_t dirty_next;   /* in the list of traces to judge */
  struct cell_list cells;
  uint32_t oldest, newest;           /* outstanding probes */
  uint32_t probes;       /* sent */
  uint16_t sport, size;
  uint16_t out;          /* probes outstanding */
  uint16_t next_ttl;     /* no probe was sent to this TTL or above */
  uint16_t base;         /* ICMP: see identity_base; else: identity_label */
  uint16_t label;        /* IPv6: see identity_label */
  uint16_t left;         /* strategy: it is done with the TTLs below this */
  uint8_t hop_mask;      /* size of the ring, minus one */
  uint8_t region;
  uint8_t settled;       /* last settled TTL */
  uint8_t limit;         /* highest TTL worth probing */
  uint8_t high;          /* highest TTL that answered */
  uint8_t gap;           /* silent hops in a row up to |settled| */
  uint8_t loops;
  uint8_t retry : 1;     /* 1: a TTL below next_ttl wants another probe */
  uint8_t in_dirty : 1;
  uint8_t alone : 1;     /* 1: sends one probe at a time (data.h) */
  uint8_t laned : 1;     /* 1: in a lane (lane.h) */
  uint8_t state;         /* enum trace_state */
  uint8_t stop, stop_data;
  uint8_t others;        /* kept replies that do not count as answers */
  uint8_t in_ready;      /* enum trace_turn */
  uint8_t asked;         /* question not yet answered: MTR_EV_NEXT, MTR_EV_PACE;
                          * 0: none */
  uint8_t asked_probes;  /* probes that it may answer with */
  uint8_t waits : 1;     /* 1: sends nothing until data is credited (data.h) */
  uint8_t news : 1;      /* 1: something has happened since it was asked */
  uint8_t passed : 1;    /* strategy, 1: not asked until something happens */
  uint8_t paced : 1;     /* 1: the wait before its next probe is known */
  uint8_t again : 4;     /* times that SYNs were sent again (again.h) since the
                          * last reply */
  uint8_t last;          /* strategy: hop count to end with; 0: not given */
  uint8_t open_from;     /* TTL from which the target has a connection from
                          * the trace's source port (again.h); 0: not known */
  struct hop near[HOPS_NEAR];        /* the ring of most traces */
};

/* trace_sweeps: returns 1 if the sweep chooses the probes of |t|. */
static inline int trace_sweeps(const struct trace *t) {
  return !(t->opts->flags & (MTR_MANUAL | MTR_STRATEGY));
}

/* trace_index: returns the index of |t| in the slab of traces. */
static inline uint32_t trace_index(const struct trace *t) {
  return t->handle & ((1u << TRACE_BITS) - 1);
}

/* trace_fetch: fetches |t|, which is used soon, into the cache. */
static inline void trace_fetch(const struct trace *t) {
  for (size_t i = 0; i < sizeof *t; i += 64)
    __builtin_prefetch((const uint8_t *)t + i);
}

/* trace_hop: returns hop |ttl| of |t|. In a sweep the hop must not have settled
 * and must lie within the ring. Manual traces have no hops: NULL. */
static inline struct hop *trace_hop(const struct trace *t, unsigned ttl) {
  return t->hops ? &t->hops[(ttl - 1) & t->hop_mask] : NULL;
}

#endif
