/* SPDX-License-Identifier: MIT
 *
 * replay_key.h: hashes all that identifies a request into one number.
 */
#ifndef TAPE_REPLAY_KEY_H
#define TAPE_REPLAY_KEY_H

#include "net/net.h"

/* replay_key_*: return the key of a probe, a route, a port, a name. |payload|
 * is the hash of the probe's payload. */
uint64_t replay_key_send(const struct wire_probe *p, uint32_t payload);
uint64_t replay_key_route(const struct net_route *r);
uint64_t replay_key_port(unsigned protocol, unsigned port);
uint64_t replay_key_name(const char *name, unsigned family);

#endif
