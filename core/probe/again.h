/* SPDX-License-Identifier: MIT
 *
 * again.h: sends probes again from other ports: those that the target does not
 * answer, and those whose answers do not show which probe they are for.
 *
 * All SYNs of a flow have the same ports. A target that has answered the first
 * of them has a half-open connection, and does not answer the next ones: it
 * acknowledges the first once more (RFC 9293 3.10.7.4, RFC 5961 4), at most
 * twice a second. Such an acknowledgement proves that the outstanding SYNs have
 * arrived and will not be answered. So they are sent again, and from then on
 * each SYN that reaches the target has a different port. Probes of the hops on
 * the way stay on the one flow. A host that acknowledges everything is believed
 * a few times only. The same helps with data (data.h), which shows only its
 * ports.
 *
 * Wrong if the other ports lead to another target, or by a path of another
 * length.
 */
#ifndef PROBE_AGAIN_H
#define PROBE_AGAIN_H

#include "probe/state.h"
#include "wire/record.h"

/* again_same: |r| is about |p| of |t|, which was answered. If it says that the
 * target still has the connection of |p|, lets the outstanding SYNs after it be
 * sent again. Returns how many. */
unsigned again_same(struct core *c, struct trace *t, const struct probe *p,
                    const struct wire_reply *r, int64_t now);

/* again_older: |r| is about no known probe, or about one of another trace. If
 * it says that the target has an older connection of the same ports, lets the
 * outstanding SYNs beyond the last known hop be sent again. Returns how
 * many. */
unsigned again_older(struct core *c, const struct wire_reply *r, int64_t now);

/* again_apart: lets the outstanding probes of |t| to its last hop, or beyond
 * the last known one, be sent again, each from a different port; with a port
 * that the user chose, one at a time. They do not count as attempts. It does
 * nothing for a trace whose probes are chosen outside. */
void again_apart(struct core *c, struct trace *t, int64_t now);

/* again_port: returns the source port for |p| of |t|, which is about to be
 * sent. */
uint16_t again_port(struct core *c, const struct trace *t,
                    const struct probe *p);

#endif
