/* SPDX-License-Identifier: MIT
 *
 * data.h: answers that carry nothing of the probe that they answer: data from
 * an open UDP port, and resets of TCP that acknowledge nothing; both are called
 * data here. Only the deepest probes can have reached the port, as many as
 * there is data. Which ones these are is known when no others are outstanding
 * any more, or when the last of all has timed out. Until then data is held,
 * nothing more is sent to the port and no probe to it is given up; then it is
 * credited in order of arrival to probes in order of sending.
 *
 * Traces of the same ports and destination share their data (share.h). Wrong
 * when the network loses or repeats some of it, or when one trace ends before
 * what its last probes bring: then a hop too many is counted, or one of another
 * trace.
 */
#ifndef PROBE_DATA_H
#define PROBE_DATA_H

#include "probe/state.h"
#include "wire/record.h"

/* data_is_bare: whether |r| carries nothing of the probe that it answers. */
int data_is_bare(const struct wire_reply *r);

/* data_take: takes in a reply that carries nothing of its probe. */
void data_take(struct core *c, const struct wire_reply *r, int64_t now);

/* data_credit: credits the data that |t| holds, if it is known whose it is. 0
 * when the event array is full before that. */
int data_credit(struct core *c, struct trace *t, int64_t now);

/* data_claim: 1 if |p| of |t|, whose time-out is due, is not to be given up: it
 * was just credited with data that is held, or it may still be, and will time
 * out again when that is known. */
int data_claim(struct core *c, struct trace *t, struct probe *p, int64_t now);

#endif
