/* SPDX-License-Identifier: MIT
 *
 * replay_link.h: which probe a recorded reply is about, found like the engine
 * itself does it, only more simply: it knows what all probes were and need not
 * decide whether to believe one. The handle that a transport gave; else the
 * identity with the source port, the identity alone, IPv4's identification, the
 * ports: of each, the latest probe before the reply.
 *
 * A reply that is about none is replayed at its own time, as it was.
 */
#ifndef TAPE_REPLAY_LINK_H
#define TAPE_REPLAY_LINK_H

#include "net/tape/state.h"

/* replay_link: finds for every reply in |f| the probe that it is about. 0 or
 * -ENOMEM. */
int replay_link(struct replay_file *f);

#endif
