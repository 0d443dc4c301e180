/* SPDX-License-Identifier: MIT
 *
 * pace.h: a token bucket in virtual-scheduling form: the bucket is the time at
 * which the next packet is due. That time may lie up to a millisecond in the
 * past, so a wake-up that late costs no rate; after idling, a burst is thus one
 * packet and what a millisecond of the rate holds. Exact over any length.
 */
#ifndef PROBE_PACE_H
#define PROBE_PACE_H

#include <stdint.h>

struct pace {
  double gap_ns;         /* between packets; 0 unlimited */
  double next_ns;        /* when the next packet is due, relative to |zero| */
  int64_t zero;          /* ns; keeps next_ns small, so exact */
};

/* pace_init: |rate| packets per second from |now| on; 0 is unlimited. */
void pace_init(struct pace *p, double rate, int64_t now);

/* pace_allow: how many packets may go now, at most |want|. */
uint32_t pace_allow(const struct pace *p, uint32_t want, int64_t now);

/* pace_take: |n| packets went, at |now|. */
void pace_take(struct pace *p, uint32_t n, int64_t now);

/* pace_next: when the next packet may go, ns; in the past if it may now. */
int64_t pace_next(const struct pace *p);

/* pace_wake: when to wake up to send, ns: at pace_next or, above 10,000/s,
 * later, so that what 100 us of the rate hold goes at once: a wake-up costs
 * more than a packet, and what goes at once queues before a router. */
int64_t pace_wake(const struct pace *p);

#endif
