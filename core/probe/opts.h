/* SPDX-License-Identifier: MIT
 *
 * opts.h: what a trace has in common with many others: its options and what
 * the transport found out for them. A campaign's traces are alike but for the
 * destination, so they share one copy. What is like none of the last few gets a
 * copy of its own: with ever changing options each trace pays for it, with
 * 88 bytes.
 */
#ifndef PROBE_OPTS_H
#define PROBE_OPTS_H

#include "base/slab.h"

/* The fields are compared as bytes, so a new one starts zeroed, gaps
 * included. */
struct opts {
  uint32_t next_free;    /* the slab's while free */
  uint32_t self;         /* its place in the slab */
  uint32_t users;        /* traces */
  uint32_t want;         /* MTR_WANT_* ; the first that is compared */
  int64_t timeout;       /* ns */
  const uint8_t *payload;            /* borrowed */
  uint8_t src[16];
  uint32_t mark, interface, flow_label, flags;
  uint32_t max_probes;   /* a strategy's; 0: no limit */
  uint16_t flow, dport, payload_size;
  uint8_t by_source;     /* the user gave |src| */
  uint8_t family, protocol, multipath, tos;
  uint8_t fill;          /* of packets, up to their size */
  uint8_t first_ttl, max_ttl, window, queries, attempts;
  uint8_t gap_limit, loop_limit;
  uint8_t pad;
};

enum { OPTS_RECENT = 8 };

struct opts_store {
  struct slab slab;
  uint32_t recent[OPTS_RECENT];      /* places, SLAB_NONE none */
  uint32_t next;         /* of |recent|, to be replaced */
};

/* opts_init: nothing yet, of at most |max|. opts_close: frees all. */
void opts_init(struct opts_store *s, uint32_t max);
void opts_close(struct opts_store *s);

/* opts_take: a copy of |like| to share; each one who takes it gives it back.
 * NULL when out of memory. It may allocate, so it is for when traces start. */
const struct opts *opts_take(struct opts_store *s, const struct opts *like);

/* opts_give: one user less. */
void opts_give(struct opts_store *s, const struct opts *opts);

#endif
