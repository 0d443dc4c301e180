/* SPDX-License-Identifier: MIT
 *
 * receive.h: a batch of packets from one socket, each parsed into a reply with
 * the kernel's receive time, turned from wall-clock into monotonic by the
 * offset of this very batch.
 */
#ifndef RAW_RECEIVE_H
#define RAW_RECEIVE_H

#include "net/raw/state.h"

/* raw_receive_new: the buffers; NULL: out of memory. raw_receive: as in
 * net_ops. */
struct raw_buffers *raw_receive_new(void);
uint32_t raw_receive(struct net *net, unsigned i, struct wire_reply *v,
                     uint32_t n, const struct net_clock *clock, int *more);

/* raw_stamp: sets |r|'s time to the kernel's |at|, ns of the time of day; or,
 * if it lies in the future, because the clock was stepped, to |clock|'s. */
void raw_stamp(struct net *net, struct wire_reply *r, int64_t at,
               const struct net_clock *clock);

#endif
