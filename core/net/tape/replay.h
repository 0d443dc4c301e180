/* SPDX-License-Identifier: MIT
 *
 * replay.h: a transport that answers from a file which net/record made: no
 * network, no privilege, and the time of the recording.
 *
 * What a script asks for is found by what the script decides, and by how often
 * it has asked for the same: a probe by destination, source, protocol, layout,
 * TTL, ports, checksum or flow label, size and payload; a route or a name by
 * what was asked. Identities, which the engine chooses, are translated in the
 * replies. A probe that the file does not hold is sent into silence and counts
 * in |unreplayed|; a route that it does not hold is -ENETUNREACH, a name is not
 * known.
 *
 * Time jumps: a step that is due takes place at the next step of the recording,
 * a call from outside at the next call, so that a script which does the same
 * again does it at the same times, and gets the same results to the last digit.
 * One that does something else gets its replies as long after its probes as
 * they came then; where the recording has no step within a second, a deadline
 * is met on the dot.
 *
 * The whole file is held in memory, with about 60 bytes for each probe and 24
 * for each reply.
 */
#ifndef TAPE_REPLAY_H
#define TAPE_REPLAY_H

#include "net/tape/state.h"

/* replay_open: a transport in |*net| over the file |path|, whose head goes to
 * |*head|. Errors: those of open(2) and read(2), -ENOMSG (no recording),
 * -EPROTO (of another version), -EBADMSG (cut off, damaged), -ENOMEM.
 * |why|[|size|] says more. */
int replay_open(struct net **net, const char *path, struct tape_head *head,
                char *why, size_t size);

/* replay_over: a transport over |f|, which it takes over unless it fails. 0 or
 * -ENOMEM. */
int replay_over(struct net **net, struct replay_file *f);

#endif
