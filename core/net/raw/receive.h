/* SPDX-License-Identifier: MIT
 *
 * receive.h: reads a batch of packets from one socket and parses each into a
 * reply with the kernel's receive time. The time of day becomes monotonic time
 * by the offset measured for this batch.
 */
#ifndef RAW_RECEIVE_H
#define RAW_RECEIVE_H

#include "net/raw/state.h"

/* raw_receive_new: returns the buffers; NULL: out of memory. raw_receive: see
 * net_ops. */
struct raw_buffers *raw_receive_new(void);
uint32_t raw_receive(struct net *net, unsigned i, struct wire_reply *v,
                     uint32_t n, const struct net_clock *clock, int *more);

/* raw_stamp: sets the time of |r| to the kernel's |at|, ns of the time of day;
 * or, if that is in the future because the clock was set, to that of
 * |clock|. */
void raw_stamp(struct net *net, struct wire_reply *r, int64_t at,
               const struct net_clock *clock);

#endif
