/* SPDX-License-Identifier: MIT
 *
 * replay.h: a transport that answers from a file which record.h made. It needs
 * no network and no privilege, and runs in the time of the recording.
 *
 * Requests are found in the file by the values that the script decides, and by
 * how often it has made the same request. For a probe these are destination,
 * source, protocol, layout, TTL, ports, checksum or flow label, size and
 * payload; for a route or a name, the question. Identities are chosen by the
 * engine, so replies get those of the replay. A probe that is not in the file
 * gets no answer and counts in |unreplayed|; a missing route is -ENETUNREACH,
 * and a missing name is unknown.
 *
 * Time jumps. A step that is due takes place at the time of the next recorded
 * step, and a call from outside at that of the next recorded call. So a script
 * that does the same again does it at the same times, and gets exactly the same
 * results. A script that does something else gets each reply after the recorded
 * round-trip time. If no step was recorded within a second after a deadline,
 * the step takes place at the deadline.
 *
 * The whole file is kept in memory, and an index with about 60 bytes for each
 * probe and 24 for each reply.
 */
#ifndef TAPE_REPLAY_H
#define TAPE_REPLAY_H

#include "net/tape/state.h"

/* replay_open: opens a transport over the file |path|, and copies the head of
 * the file to |*head|. Errors: those of open(2) and read(2), -ENOMSG (not a
 * recording), -EPROTO (another version), -EBADMSG (cut off or damaged),
 * -ENOMEM. |why|[|size|] receives an explanation. */
int replay_open(struct net **net, const char *path, struct tape_head *head,
                char *why, size_t size);

/* replay_over: opens a transport over |f|. Returns 0, and then owns the content
 * of |f|, or -ENOMEM. */
int replay_over(struct net **net, struct replay_file *f);

#endif
