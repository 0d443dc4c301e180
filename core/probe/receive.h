/* SPDX-License-Identifier: MIT
 *
 * receive.h: replies as the transports hand them in. Finds the probe that each
 * is about; counts those that are about none.
 */
#ifndef PROBE_RECEIVE_H
#define PROBE_RECEIVE_H

#include "probe/state.h"
#include "wire/record.h"

/* receive_replies: takes in |n| replies. There must be room for an event, and
 * for extension bytes, of each. */
void receive_replies(struct core *c, const struct wire_reply *v, uint32_t n,
                     int64_t now);

/* receive_reply: takes in one. */
void receive_reply(struct core *c, const struct wire_reply *r, int64_t now);

#endif
