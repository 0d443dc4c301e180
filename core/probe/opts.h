/* SPDX-License-Identifier: MIT
 *
 * opts.h: what many traces have in common: their options, and what the
 * transport found for them. The traces of a campaign differ only in the
 * destination, so they share one copy. Options that equal none of the last few
 * get a new copy of 96 bytes.
 */
#ifndef PROBE_OPTS_H
#define PROBE_OPTS_H

#include "base/slab.h"

/* The fields are compared as bytes, so new ones must be zeroed, with gaps. */
struct opts {
  uint32_t next_free;    /* of the slab, while free */
  uint32_t self;         /* its index in the slab */
  uint32_t users;        /* traces that share it */
  uint32_t want;         /* MTR_WANT_*; the first field that is compared */
  int64_t timeout;       /* ns */
  const uint8_t *payload;            /* borrowed */
  uint8_t src[16];
  uint32_t mark, interface, flow_label, flags;
  uint32_t max_probes;   /* of a strategy; 0: no limit */
  uint32_t label;        /* from mtr_payload, for mtr_json; 0: none */
  uint16_t flow, dport, payload_size;
  uint8_t by_source;     /* 1: the user gave |src| */
  uint8_t family, protocol, multipath, tos;
  uint8_t fill;          /* byte that fills packets up to their size */
  uint8_t first_ttl, max_ttl, window, queries, attempts;
  uint8_t gap_limit, loop_limit;
  uint8_t pad;
};

enum { OPTS_RECENT = 8 };

struct opts_store {
  struct slab slab;
  uint32_t recent[OPTS_RECENT];      /* indices; SLAB_NONE: none */
  uint32_t next;         /* the one in |recent| to replace next */
};

/* opts_init: makes room for at most |max|. opts_close: frees everything. */
void opts_init(struct opts_store *s, uint32_t max);
void opts_close(struct opts_store *s);

/* opts_take: returns a shared copy of |like|, to be given back, or NULL when
 * out of memory. It may allocate, so call it only when traces start. */
const struct opts *opts_take(struct opts_store *s, const struct opts *like);

/* opts_give: gives a copy back. The last user frees it. */
void opts_give(struct opts_store *s, const struct opts *opts);

#endif
