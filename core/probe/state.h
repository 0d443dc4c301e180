/* SPDX-License-Identifier: MIT
 *
 * state.h: the state of one engine, and how to find a trace or a probe by its
 * handle. Every other file of the engine works on it.
 *
 * Wrong if a pointer to a probe or a trace is kept after its end: its memory is
 * used again. Handles have a generation, which shows this.
 */
#ifndef PROBE_STATE_H
#define PROBE_STATE_H

#include "base/keyed.h"
#include "base/rand.h"
#include "probe/hops.h"
#include "probe/opts.h"
#include "probe/pace.h"
#include "probe/table.h"
#include "probe/trace.h"
#include "wire/record.h"

enum { CORE_REGIONS = 16, CORE_FLOWS = 512, CORE_CLASSIC = 16,
       CORE_PORTS = 1024 };

/* Kinds of timers in the wheel. */
enum { TIMER_PROBE, TIMER_TRACE, TIMER_USER };

/* What the engine was opened with. */
struct core_config {
  uint32_t max_traces;   /* 1..1000000 */
  uint32_t max_probes;   /* 1..CORE_REGIONS * TABLE_REGION */
  uint32_t max_events;
  double rate;           /* packets per second; 0 unlimited */
  double target_rate;    /* the same, within a trace */
  int64_t late_window;   /* ns */
  uint64_t seed;
  uint32_t strict;       /* 1: only full matches are believed (match.h) */
  uint32_t pick;         /* 1: PICK asks which trace sends next */
  uint16_t port_base;    /* first port of the block of source ports */
  uint16_t echo_base;    /* first echo identifier; one per region */
};

enum { TURNS_AHEAD = 4, GUESS_PLACES = 1024,
       KNOWN_PLACES = 256, DOUBTS = 32 };

/* The secrets of identity.h. */
struct identity {
  struct keyed key;
  struct keyed order;    /* draws the permutations */
  uint32_t drawn;        /* places whose numbers are drawn */
  uint16_t id[TABLE_REGION], place[TABLE_REGION];
  uint16_t ip_id[TABLE_REGION], ip_place[TABLE_REGION];
};

/* Replies that fitted no probe (guess.h). */
struct guess {
  uint32_t span;         /* of time, in which |misses| came */
  uint16_t misses, before;           /* in it, in the one before */
};

/* Errors that belong to no probe (stray.h). */
struct stray {
  int64_t since;         /* ns; when the first of |count| came */
  uint32_t count;
};

/* A list of traces that wait for their turn, by index. */
struct trace_list {
  uint32_t first, last;  /* SLAB_NONE when empty */
  uint32_t count;
  uint32_t appended;     /* how many, so far */
  uint32_t recent[TURNS_AHEAD];      /* the last ones appended */
};

/* An unreachable that is not believed yet (doubt.h). */
struct doubt {
  struct wire_reply reply;
  uint32_t probe;        /* its handle; 0: a free place */
  int tier;
  uint8_t ext[CELL_EXT_MAX];
};

struct core {
  struct core_config config;
  struct mtr_counters counters;
  struct slab traces, extras, timers, batch, hash, secrets, lanes;
  struct hops hops;
  struct cells cells;
  struct opts_store opts;
  struct table tables[CORE_REGIONS];
  uint32_t regions;
  struct wheel wheel;
  struct pace pace;
  struct rand rand;
  struct identity *identity;
  struct guess guesses[GUESS_PLACES];
  uint32_t searched;     /* searches over all ports in vain lately (match.h) */
  int64_t searched_at;   /* ns; until when they were forgotten */
  struct stray strays[WIRE_STRAYS];
  int64_t flooded[WIRE_STRAYS];      /* ns; when many strays last came, by kind;
                                      * 0: never */
  uint32_t known[KNOWN_PLACES];      /* by hash, what was believed by its ports
                                      * alone (data.h) */
  struct doubt doubts[DOUBTS];
  int64_t unheard;       /* ns; this and |broken| are the transport's (net.h) */
  int broken;            /* errno */
  int64_t soonest;       /* ns; see net.h */
  int64_t target_gap;    /* ns */
  int64_t starved;       /* ns; no identity is free before this time */
  struct trace_list ready;           /* may have a probe to send */
  struct trace_list urgent;          /* these send before all others */
  uint32_t asked;        /* probes asked for by NEXT, PACE, PICK */
  uint32_t picking;      /* 1: a PICK is not yet answered */
  uint32_t nobody;       /* 1: none was picked, nothing has happened since */
  uint32_t dirty_first, dirty_last;
  struct mtr_event *events;
  uint8_t *ext;
  uint32_t event_count, ext_count;
  float rtt, rtt_spread; /* ms; means of late (deliver.c); 0: no answer yet */
  uint32_t again;        /* probes sent from other ports (again.h) */
  uint32_t events_seen;  /* events that the caller has read */
};

/* state_at: returns the trace at |index| of the slab. */
static inline struct trace *state_at(const struct core *c, uint32_t index) {
  return slab_at(&c->traces, index);
}

/* state_trace: returns the trace of |handle|, or NULL if it is gone. */
static inline struct trace *state_trace(const struct core *c,
                                        uint32_t handle) {
  uint32_t i = handle & ((1u << TRACE_BITS) - 1);
  if (i >= c->traces.count) return NULL;
  struct trace *t = state_at(c, i);
  return t->handle == handle && t->state != TRACE_FREE ? t : NULL;
}

/* state_give: gives back element |i| of |slab|, whose last handle was |handle|.
 * It rests after its last generation, so that a handle names another element
 * only when all handles have been given. */
static inline void state_give(struct slab *slab, uint32_t i, uint32_t handle) {
  if (handle >> TRACE_BITS == UINT32_MAX >> TRACE_BITS) slab_rest(slab, i);
  else slab_give(slab, i);
}

/* state_probe: returns the probe of |handle|, or NULL if its place in the table
 * has another probe now. */
static inline struct probe *state_probe(const struct core *c,
                                        uint32_t handle) {
  uint32_t region = handle >> TABLE_SHIFT & (CORE_REGIONS - 1);
  if (region >= c->regions) return NULL;
  struct probe *p = table_at(&c->tables[region], handle & (TABLE_REGION - 1));
  return p && p->handle == handle ? p : NULL;
}

#endif
