/* SPDX-License-Identifier: MIT
 *
 * replay_link.h: finds the probe that each recorded reply answers. The engine
 * does the same, but here it is simpler: all probes are known, and every reply
 * is genuine. It looks for the handle that the transport gave, otherwise
 * for the identity (best with the same source port), the IPv4 identification,
 * and the ports. For each of them the latest probe before the reply counts.
 *
 * A reply that answers no known probe is replayed unchanged, at its recorded
 * time.
 */
#ifndef TAPE_REPLAY_LINK_H
#define TAPE_REPLAY_LINK_H

#include "net/tape/state.h"

/* replay_link: finds for every reply in |f| the probe that it answers. 0 or
 * -ENOMEM. */
int replay_link(struct replay_file *f);

#endif
