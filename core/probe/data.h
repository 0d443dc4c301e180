/* SPDX-License-Identifier: MIT
 *
 * data.h: replies that show nothing of the probe that they answer: data from an
 * open UDP port, and TCP resets that acknowledge nothing. Both are called data
 * here. Only the probes with the highest TTLs can have reached the port, as
 * many as there are replies with data. Which probes these are is known when no
 * others are outstanding, or when the last one has timed out. Until then the
 * data is kept, nothing more is sent to the port, and no probe to it times out.
 * Then the data is credited: the first reply to the probe sent first. It is a
 * weak match (match.h), and is not believed if the engine is strict.
 *
 * A service may answer some probes only, or answer twice. Then the highest TTLs
 * would be wrong, and the RTTs too small. So the count alone is believed only
 * if no silent hop is right below. If at most half of the probes get a reply,
 * and the reply's TTL shows that the port is right behind the last router that
 * answered, the data is credited from there on. Otherwise, and if an RTT would
 * be less than that of a nearer hop, or replies came faster than the probes
 * were sent, the data is credited to nobody. The probes are sent again, each
 * from a different port, so that the port of a datagram shows its probe
 * (again.h); or one at a time, if the user chose the port. If the probes of a
 * trace are chosen outside, none is sent again.
 *
 * Only the ports connect data with a probe: length, payload, checksum and
 * identification are those of the service. With hundreds of traces to one
 * service, probes share ports. Then data that came before the probes were sent
 * again is credited to nobody, or to a probe with the same ports.
 *
 * Traces with the same ports and destination share their data (share.h). Wrong
 * if a trace ends before the replies to its last probes come: then the data of
 * another trace is counted. Also wrong if the network repeats all replies and a
 * silent hop is right below the port: then it is one hop too near.
 */
#ifndef PROBE_DATA_H
#define PROBE_DATA_H

#include "probe/state.h"
#include "wire/record.h"

/* data_is_bare: returns 1 if |r| carries nothing of the probe that it answers.
 */
int data_is_bare(const struct wire_reply *r);

/* data_take: takes in a reply that carries nothing of its probe. */
void data_take(struct core *c, const struct wire_reply *r, int64_t now);

/* data_credit: credits the data kept with |t|, if its probes are known. Returns
 * 0 if the event array is full before that. */
int data_credit(struct core *c, struct trace *t, int64_t now);

/* data_claim: returns 1 if |p| of |t|, whose timeout is due, must not time out
 * now: either kept data was just credited to it, or that is still possible, and
 * it times out again later. */
int data_claim(struct core *c, struct trace *t, struct probe *p, int64_t now);

#endif
