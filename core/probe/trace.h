/* SPDX-License-Identifier: MIT
 *
 * trace.h: the state of one trace, and of each of its hops, as plain data. What
 * the fields mean for the next probe is sweep's business; who owns a reply is
 * match's; core moves traces through their lives:
 *
 *   running -> ending (why is known, DONE not yet queued) -> done -> free
 */
#ifndef PROBE_TRACE_H
#define PROBE_TRACE_H

#include "base/wheel.h"
#include "probe/cells.h"

enum trace_state { TRACE_FREE, TRACE_RUNNING, TRACE_ENDING, TRACE_DONE };

/* What a trace knows of one TTL. */
struct hop {
  uint8_t sent;          /* probes, failed ones included */
  uint8_t out;           /* of them outstanding */
  uint8_t answers;       /* first, timely ones */
  uint8_t unreach;       /* of them unreachables that do not complete */
  uint8_t code;          /* of the last of those */
  uint8_t final;         /* an answer completes the trace here */
  uint8_t error;         /* errno of the last failed send */
  uint8_t failed;        /* failed sends */
};

enum { HOPS_SMALL = 32, HOPS_LARGE = 256 };

struct trace {
  uint32_t next_free;    /* the slab's while free */
  uint32_t handle;       /* generation << 20 | index */
  uint32_t cookie;
  uint32_t want;         /* MTR_WANT_* */
  uint8_t dst[16];
  uint8_t src[16];
  int64_t start;         /* ns, monotonic */
  int64_t routed;        /* ns; when |src| was found */
  double start_unix;     /* s */
  int64_t timeout;       /* ns */
  int64_t ended;         /* ns, once not running */
  struct timer timer;    /* wakes it for the per-target rate */
  int64_t next_send;     /* ns; per-target rate */
  uint64_t met;          /* bits by hash: addresses at judged hops */
  struct hop *hops;      /* [max_ttl], in a slab */
  uint32_t hops_index;
  const uint8_t *payload;            /* borrowed */
  uint32_t mark, interface, flow_label, flags;
  uint32_t ready_prev, ready_next;   /* traces that may have a probe to send */
  uint32_t dirty_next;   /* traces to advance */
  uint32_t same_hash;    /* UDP: next trace with the same tuple hash */
  struct cell_list cells;
  uint32_t told;         /* cell of the last hop that was judged and answered */
  struct cell_list data; /* replies that carry no identity, not yet credited */
  uint32_t oldest, newest;           /* outstanding probes */
  uint32_t queue, queue_last;        /* manual: probes to be sent */
  uint32_t probes;       /* sent */
  uint32_t failed;       /* sends that failed */
  uint32_t data_count;   /* replies in |data| */
  uint16_t flow, sport, dport, size;
  uint16_t region;
  uint16_t out;          /* probes outstanding */
  uint16_t next_ttl;     /* first TTL not yet probed */
  uint16_t payload_size;
  uint8_t family, protocol, multipath, tos;
  uint8_t first_ttl, max_ttl, window, queries, attempts;
  uint8_t gap_limit, loop_limit;
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
  uint8_t in_ready, in_dirty;
  uint8_t by_source;     /* the user gave |src| */
  uint8_t fill;          /* of packets, up to |size| */
};

#endif
