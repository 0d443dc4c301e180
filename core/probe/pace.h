/* SPDX-License-Identifier: MIT
 *
 * pace.h: a token bucket in virtual-scheduling form: the bucket is the time
 * when the next packet is due. That time may lie up to two milliseconds in the
 * past, so that a late wake-up does not lower the rate. After a pause, a burst
 * is one packet more than the rate allows in that time. The rate is exact over
 * any length of time.
 */
#ifndef PROBE_PACE_H
#define PROBE_PACE_H

#include <stdint.h>

struct pace {
  double gap_ns;         /* between packets; 0: unlimited */
  double next_ns;        /* when the next packet is due, relative to |zero| */
  int64_t zero;          /* ns; keeps next_ns small and so exact */
};

/* pace_init: allows |rate| packets per second from |now| on; 0: unlimited. */
void pace_init(struct pace *p, double rate, int64_t now);

/* pace_change: allows |rate| packets per second, above 0, from the last one
 * on. */
void pace_change(struct pace *p, double rate);

/* pace_allow: returns how many packets may go now, at most |want|. */
uint32_t pace_allow(const struct pace *p, uint32_t want, int64_t now);

/* pace_take: notes that |n| packets went at |now|. */
void pace_take(struct pace *p, uint32_t n, int64_t now);

/* pace_next: returns when the next packet may go, ns; it may be in the past. */
int64_t pace_next(const struct pace *p);

/* pace_wake: returns when to wake up for sending, ns. Below 10,000/s this is
 * pace_next. Above, it is later, so that the packets of 100 us go together: a
 * wake-up costs more than a packet. More packets at once would queue at the
 * first router. */
int64_t pace_wake(const struct pace *p);

#endif
