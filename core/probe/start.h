/* SPDX-License-Identifier: MIT
 *
 * start.h: how a trace starts: what it shares with others is looked up, what it
 * needs for itself is taken from the slabs, which may grow here.
 */
#ifndef PROBE_START_H
#define PROBE_START_H

#include "probe/state.h"

/* What the transport found out about a destination. */
struct start_route {
  uint8_t src[16];
  uint16_t sport;        /* a port of the block, or the user's; not for ICMP */
  uint16_t region;
  uint32_t flow_label;
  uint8_t by_source;     /* 1: |src| was asked for */
};

/* start_trace: starts a trace of |opts|, checked by the caller, over |route|.
 * |payload| is borrowed as long as the engine lives. Writes opts->handle. 0,
 * -EAGAIN (max_traces in flight) or -ENOMEM. */
int start_trace(struct core *c, struct mtr_trace *opts,
                const struct start_route *route, const uint8_t *payload,
                uint16_t payload_size, int64_t now);

/* start_reroute: manual trace |t| sends from |src| as of |now|. 0 or
 * -ENOMEM. */
int start_reroute(struct core *c, struct trace *t, const uint8_t src[16],
                  int64_t now);

/* start_opts: what a trace of |o| shares with others like it. */
struct opts start_opts(const struct mtr_trace *o,
                       const struct start_route *route,
                       const uint8_t *payload, uint16_t payload_size);

/* start_fields: sets in |t|, which has its opts, the rest of what
 * describe_probe needs. */
void start_fields(const struct core *c, struct trace *t,
                  const struct mtr_trace *o, const struct start_route *route);

#endif
