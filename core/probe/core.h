/* SPDX-License-Identifier: MIT
 *
 * core.h: the engine without input, output or clock. Traces are started; the
 * caller asks which probes to send (core_fill), says when each one left
 * (core_sent), hands in replies (core_reply), and lets time pass (core_expire);
 * core_advance then judges the traces that something happened to. What users
 * hear of comes out as events in one array, emptied by core_clear before the
 * next round.
 *
 * The array is bounded: the caller hands in no more than core_room says.
 */
#ifndef PROBE_CORE_H
#define PROBE_CORE_H

#include "base/rand.h"
#include "probe/hops.h"
#include "probe/opts.h"
#include "probe/pace.h"
#include "probe/table.h"
#include "probe/trace.h"
#include "wire/record.h"

enum { CORE_REGIONS = 16, CORE_FLOWS = 512, CORE_CLASSIC = 16,
       CORE_PORTS = 1024, CORE_HASH_BITS = 14,
       CORE_ASKED = 1024 /* strategies that may be asked at once */ };

/* What the engine was opened with. */
struct core_config {
  uint32_t max_traces;   /* 1..1000000 */
  uint32_t max_probes;   /* 1..CORE_REGIONS * TABLE_REGION */
  uint32_t max_events;
  double rate;           /* packets per second; 0 unlimited */
  double target_rate;    /* the same, within a trace */
  int64_t late_window;   /* ns */
  uint64_t seed;
  uint32_t pick;         /* 1: PICK asks who sends next */
  uint16_t port_base;    /* first of the block of source ports */
  uint16_t echo_base;    /* first of the echo identifiers, one per region */
};

/* What the transport found out about a destination. */
struct core_route {
  uint8_t src[16];
  uint16_t sport;        /* a port of the block, or the user's; not for ICMP */
  uint16_t region;
  uint32_t flow_label;
  uint8_t by_source;     /* 1: |src| was asked for */
};

enum { TURNS_AHEAD = 4 };

/* Traces that wait for their turn, by index. */
struct trace_list {
  uint32_t first, last;  /* SLAB_NONE when empty */
  uint32_t appended;     /* so far; the last ones are: */
  uint32_t recent[TURNS_AHEAD];
};

struct core {
  struct core_config config;
  struct mtr_counters counters;
  struct slab traces, owns, timers, batch, hash;
  struct hops hops;
  struct cells cells;
  struct opts_store opts;
  struct table tables[CORE_REGIONS];
  uint32_t regions;
  struct wheel wheel;
  struct pace pace;
  struct rand rand;
  uint16_t cookie;       /* lower half of TCP numbers */
  uint16_t salt;         /* between a place in the table and its identity */
  int64_t target_gap;    /* ns */
  int64_t starved;       /* no id before this time, ns */
  struct trace_list ready;           /* may have a probe to send */
  struct trace_list urgent;          /* the same, before all others */
  uint32_t asked;        /* probes of NEXT, PACE, PICK not yet answered */
  uint32_t picking;      /* 1: one of them is PICK */
  uint32_t nobody;       /* 1: nobody was picked, nothing has happened yet */
  uint32_t dirty_first, dirty_last;
  struct mtr_event *events;
  uint8_t *ext;
  uint32_t event_count, ext_count;
  uint32_t told;         /* events that the caller has seen */
};

/* core_init: an empty engine at |now|. 0 or -ENOMEM. */
int core_init(struct core *c, const struct core_config *config, int64_t now);

/* core_close: frees everything. */
void core_close(struct core *c);

/* core_region: the region that traces to |dst| belong to: always the same one,
 * so that a flow has the same ports whenever it is traced; but while that one
 * is full, the next that is not. */
uint32_t core_region(const struct core *c, const uint8_t dst[16], int64_t now);

/* core_start: starts a trace of |opts|, checked by the caller, over |route|.
 * |payload| is borrowed as long as the engine lives. Writes opts->handle. 0,
 * -EAGAIN (max_traces in flight) or -ENOMEM. */
int core_start(struct core *c, struct mtr_trace *opts,
               const struct core_route *route, const uint8_t *payload,
               uint16_t payload_size, int64_t now);

/* core_reroute: manual trace |t| sends from |src| as of |now|. 0 or -ENOMEM. */
int core_reroute(struct core *c, struct trace *t, const uint8_t src[16],
                 int64_t now);

/* core_opts: what a trace of |o| shares with others like it. core_set: the
 * rest of what core_describe needs, in |t|, which has those. */
struct opts core_opts(const struct mtr_trace *o,
                      const struct core_route *route, const uint8_t *payload,
                      uint16_t payload_size);
void core_set(const struct core *c, struct trace *t, const struct mtr_trace *o,
              const struct core_route *route);

/* core_describe: the record of a probe of |t|, which |p| is, into |w|. */
void core_describe(const struct core *c, const struct trace *t,
                   const struct probe *p, struct wire_probe *w);

/* core_copy: what |r| says into the event |ev|. */
void core_copy(struct mtr_event *ev, const struct wire_reply *r);

/* core_trace: the trace of |handle|, or NULL if it is gone. */
struct trace *core_trace(const struct core *c, uint32_t handle);

/* core_probe: queues a probe of |t|, which is manual or a strategy, from
 * |sport|; its handle is written. 0, -EAGAIN, -EBUSY (it was not asked),
 * -EDQUOT (max_probes). */
int core_probe(struct core *c, struct trace *t, struct mtr_probe_opts *opts,
               uint16_t sport, int64_t now);

/* core_pass: strategy |t| has no probe now; asked again after |wake| ns, unless
 * that is negative. core_pace: |t|'s next probe goes |wait| ns after its last.
 * 0 or -EBUSY: it was not asked. */
int core_pass(struct core *c, struct trace *t, int64_t wake, int64_t now);
int core_pace(struct core *c, struct trace *t, int64_t wait);

/* core_list: mtr_ready. core_pick: mtr_pick, for a running trace; with NULL
 * nobody is picked, and nobody asked who is before something happens. */
uint32_t core_list(struct core *c, uint32_t *cookies, uint32_t n, int64_t now);
int core_pick(struct core *c, struct trace *t);

/* core_stop: ends |t|, which is running. */
void core_stop(struct core *c, struct trace *t, unsigned reason, unsigned data,
               int64_t now);

/* core_release: frees |t|, which is done, or did not start. */
void core_release(struct core *c, struct trace *t);

/* core_timer: an event after |ns|; its handle, or 0 when out of memory.
 * core_timer_cancel: 0 or -ESTALE. */
uint32_t core_timer(struct core *c, int64_t ns, uint32_t cookie, int64_t now);
int core_timer_cancel(struct core *c, uint32_t handle);

/* core_clear: empties the event array. core_room: events that still fit.
 * core_ext_room: replies whose extension bytes still fit. */
void core_clear(struct core *c);
uint32_t core_room(const struct core *c);
uint32_t core_ext_room(const struct core *c);

/* core_event: a new event of |kind|; there must be room. */
struct mtr_event *core_event(struct core *c, unsigned kind);

/* core_fill: writes up to |n| probes to send into |v|, and their table handles
 * into |handles|; returns how many. They count as sent once core_sent says. */
uint32_t core_fill(struct core *c, struct wire_probe *v, uint32_t *handles,
                   uint32_t n, int64_t now);

/* core_sent: probe |handle| of |size| bytes left at |at|, or failed with the
 * errno |error|. */
void core_sent(struct core *c, uint32_t handle, unsigned size, unsigned error,
               int64_t at);

/* core_failed: probe |handle|, sent or not, ended with the errno |error|.
 * EAGAIN means that it never left: its trace sends it again and no attempt
 * counts. */
void core_failed(struct core *c, uint32_t handle, unsigned error, int64_t now);

/* core_replies: takes |n| replies in. core_reply: one. */
void core_replies(struct core *c, const struct wire_reply *v, uint32_t n,
                  int64_t now);
void core_reply(struct core *c, const struct wire_reply *r, int64_t now);

/* core_expire: times out what is due at |now|. */
void core_expire(struct core *c, int64_t now);

/* core_advance: judges the traces that changed. */
void core_advance(struct core *c, int64_t now);

/* core_reserve: grows tables and cells between batches, so that nothing is
 * allocated within one. 0 or -ENOMEM. */
int core_reserve(struct core *c, int64_t now);

/* core_deadline: when there will be something to do, ns; INT64_MAX never. With
 * |sending| 0, probes that may go do not count: the caller cannot send now. */
int64_t core_deadline(const struct core *c, int sending, int64_t now);

/* core_memory: bytes of all slabs. */
double core_memory(const struct core *c);

/* For the parts of core only: */

enum { CORE_TIMER_PROBE, CORE_TIMER_TRACE, CORE_TIMER_USER };

/* core_find: the probe of table handle |handle|, or NULL if it is another
 * now. */
struct probe *core_find(const struct core *c, uint32_t handle);

/* core_ready: |t| may have a probe to send. core_urgent: the same, and it goes
 * before others. core_unready: not any more. */
void core_ready(struct core *c, struct trace *t);
void core_urgent(struct core *c, struct trace *t);
void core_unready(struct core *c, struct trace *t);

/* core_next: whose turn it is, or NULL: nobody's, or it is to be picked. */
struct trace *core_next(const struct core *c);

/* core_wants: whether |t| has a probe to send or, a strategy, room for one. */
int core_wants(struct trace *t);

/* core_soon: whether |t| has to wait for its own pace; a timer wakes it. */
int core_soon(struct core *c, struct trace *t, int64_t now);

/* core_must_ask: MTR_EV_PACE or MTR_EV_NEXT, if |t|, whose turn it is, is to be
 * asked before it sends; else 0. */
unsigned core_must_ask(const struct trace *t);

/* core_ask: asks |t| (NULL: who is to be picked) with an event of |kind|, for
 * up to |n| probes. */
struct mtr_event *core_ask(struct core *c, unsigned kind, struct trace *t,
                           uint32_t n, int64_t now);

/* core_may_ask: for how many probes somebody may be asked at |now|, when |n|
 * are about to be sent and become an event each. */
uint32_t core_may_ask(const struct core *c, uint32_t n, int64_t now);

/* core_places: how many probes strategy |t|, asked now, may answer with. */
uint32_t core_places(const struct core *c, const struct trace *t);

/* core_answered: |t| has answered, if it was asked. */
void core_answered(struct core *c, struct trace *t);

/* core_enqueue: puts |p| at the end of what |t| has to send. core_dequeue: the
 * first of that, or NULL. */
void core_enqueue(struct core *c, struct trace *t, struct probe *p);
struct probe *core_dequeue(struct core *c, struct trace *t);

/* core_dirty: something happened to |t|. */
void core_dirty(struct core *c, struct trace *t);

/* core_link, core_unlink: |p| is outstanding in |t|, or no longer. */
void core_link(struct core *c, struct trace *t, struct probe *p);
void core_unlink(struct core *c, struct trace *t, struct probe *p);

/* core_silence: keeps, for the result, how many probes of hop |ttl| of |t|,
 * which gets no more, were not answered. */
void core_silence(struct core *c, struct trace *t, unsigned ttl);

/* core_retire: |p|, not outstanding any more, has ended in |state|. */
void core_retire(struct core *c, struct probe *p, enum probe_state state,
                 int64_t now);

/* core_bucket: the hash bucket of UDP traces to |dst| (folded) from |sport|, or
 * NULL before the first of them. */
uint32_t *core_bucket(const struct core *c, uint32_t dst, unsigned sport);

/* core_deliver: |r|, matched in |tier|, is about |p| of |t|. */
void core_deliver(struct core *c, struct trace *t, struct probe *p,
                  const struct wire_reply *r, int tier, int64_t now);

/* core_data: takes in a reply that is data from an open UDP port. */
void core_data(struct core *c, const struct wire_reply *r, int64_t now);

/* core_credit: credits the data that |t| holds, if it is known whose it is. 0
 * when the event array is full before that. */
int core_credit(struct core *c, struct trace *t, int64_t now);

/* core_claim: 1 if |p| of |t|, whose time-out is due, is not to be given up: it
 * is answered by data that is held, and that has been credited, or it may be,
 * and it will time out again when that is known. */
int core_claim(struct core *c, struct trace *t, struct probe *p, int64_t now);

/* core_recount: a probe of |t| is outstanding no more, so that it may be known
 * now whose the data is. */
void core_recount(struct core *c, const struct trace *t);

/* core_join_data: |t|, a new trace of UDP, is found by its ports from now on
 * and shares their data. 0 or -ENOMEM. core_leave_data: not any more; what it
 * holds is passed on. */
int core_join_data(struct core *c, struct trace *t);
void core_leave_data(struct core *c, struct trace *t);

/* core_timer_fired: the user's timer at |index| is due. */
void core_timer_fired(struct core *c, uint32_t index);

/* core_probe_event: an event of |kind| about |p| of |t|. */
struct mtr_event *core_probe_event(struct core *c, unsigned kind,
                                   const struct trace *t,
                                   const struct probe *p);

/* core_id: the identity on the wire of the probe at |place|; core_place:
 * back. They differ from engine to engine, so that two are not taken for
 * each other. Probes sent one after the other have identities far apart: one
 * that a box has raised by 1 is then not that of the next probe. */
enum { CORE_SPREAD = 14115, CORE_GATHER = 12427 /* its inverse */ };

_Static_assert(CORE_SPREAD * CORE_GATHER % TABLE_REGION == 1, "one to one");

static inline uint16_t core_id(const struct core *c, uint32_t place) {
  uint32_t id = place * CORE_SPREAD + c->salt;
  return (uint16_t)((id & (TABLE_REGION - 1)) + 1);
}

static inline uint32_t core_place(const struct core *c, uint32_t id) {
  return (id - 1 - c->salt) * CORE_GATHER & (TABLE_REGION - 1);
}

/* core_checksum: the constant ICMP checksum of |flow|: never 0 or 0xffff, which
 * are one number on the wire. */
static inline uint16_t core_checksum(const struct core *c, unsigned flow) {
  return (uint16_t)(0x1000 + (c->cookie + flow) % 0xe000u);
}

/* core_any_ready: whether a trace waits for its turn. */
static inline int core_any_ready(const struct core *c) {
  return c->ready.first != SLAB_NONE || c->urgent.first != SLAB_NONE;
}

static inline struct trace *core_at(const struct core *c, uint32_t index) {
  return slab_at(&c->traces, index);
}

#endif
