/* SPDX-License-Identifier: MIT
 *
 * start.h: starts traces. Looks up what a trace shares with others, and takes
 * the rest from the slabs, which may grow here.
 */
#ifndef PROBE_START_H
#define PROBE_START_H

#include "probe/state.h"

/* What the transport found for a destination. */
struct start_route {
  uint8_t src[16];
  uint16_t sport;        /* of the block, or the user's; not for ICMP */
  uint16_t region;
  uint32_t flow_label;   /* IPv6 */
  uint32_t label_base;   /* added to it, one for each destination; 0: none */
  uint8_t by_source;     /* 1: the user gave |src| */
};

/* start_trace: starts a trace of |opts|, checked by the caller, over |route|.
 * |payload| is borrowed as long as the engine lives. Writes opts->handle. 0,
 * -EAGAIN (max_traces in flight), -EINVAL (no such lane) or -ENOMEM. */
int start_trace(struct core *c, struct mtr_trace *opts,
                const struct start_route *route, const uint8_t *payload,
                uint16_t payload_size, int64_t now);

/* start_reroute: lets manual trace |t| send from |src|, looked up at |now|. 0
 * or -ENOMEM. */
int start_reroute(struct core *c, struct trace *t, const uint8_t src[16],
                  int64_t now);

/* start_opts: returns what a trace of |o| shares with similar traces. */
struct opts start_opts(const struct mtr_trace *o,
                       const struct start_route *route,
                       const uint8_t *payload, uint16_t payload_size);

/* start_fields: sets the other fields of |t| that describe_probe needs; t->opts
 * must be set. */
void start_fields(const struct core *c, struct trace *t,
                  const struct mtr_trace *o, const struct start_route *route);

#endif
