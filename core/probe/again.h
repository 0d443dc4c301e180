/* SPDX-License-Identifier: MIT
 *
 * again.h: probes whose answers the target withholds, or of which nobody can
 * tell which probe they are for, are sent again from other ports.
 *
 * All SYNs of a flow have the same ports. A target that has answered the first
 * of them holds a half-open connection, and does not answer the next ones: it
 * acknowledges the first once more (RFC 9293 3.10.7.4, RFC 5961 4), and that
 * not more often than twice a second. Such an acknowledgement proves that the
 * outstanding SYNs were not lost, and will not be answered. So they are sent
 * again, and from then on each SYN that reaches the target has a port of its
 * own. Hops on the way stay on the one flow. Somebody who acknowledges
 * everything is believed a few times only. The same helps with data (data.h),
 * which shows nothing but its ports.
 *
 * Wrong if the other ports lead to another target, or by a path of another
 * length.
 */
#ifndef PROBE_AGAIN_H
#define PROBE_AGAIN_H

#include "probe/state.h"
#include "wire/record.h"

/* again_same: |r| is about |p| of |t|, which was answered. If it says that the
 * target still holds the connection of |p|, has the outstanding SYNs behind it
 * sent again. Returns how many. */
unsigned again_same(struct core *c, struct trace *t, const struct probe *p,
                    const struct wire_reply *r, int64_t now);

/* again_older: |r| is about no known probe, or about one of another trace. If
 * it says that the target holds an older connection of the same ports, has the
 * outstanding SYNs beyond the last known hop sent again. Returns how many. */
unsigned again_older(struct core *c, const struct wire_reply *r, int64_t now);

/* again_apart: has the outstanding probes of |t| to its last hop, or beyond the
 * last known one, sent again, each from a port of its own; with a port that the
 * user chose, one at a time. They do not count as attempts. It does nothing for
 * a trace whose probes are chosen outside. */
void again_apart(struct core *c, struct trace *t, int64_t now);

/* again_port: returns the source port for |p| of |t|, which is about to be
 * sent. */
uint16_t again_port(struct core *c, const struct trace *t,
                    const struct probe *p);

#endif
