/* SPDX-License-Identifier: MIT
 *
 * receive.h: takes in replies from the transports. Finds the probe that each
 * one answers; counts those that answer none.
 */
#ifndef PROBE_RECEIVE_H
#define PROBE_RECEIVE_H

#include "probe/state.h"
#include "wire/record.h"

/* receive_replies: takes in |n| replies. For each there must be room for an
 * event and its extension bytes. */
void receive_replies(struct core *c, const struct wire_reply *v, uint32_t n,
                     int64_t now);

/* receive_reply: takes in one reply. */
void receive_reply(struct core *c, const struct wire_reply *r, int64_t now);

#endif
