/* SPDX-License-Identifier: MIT
 *
 * record.h: a transport around another one, that keeps what passes through in a
 * file for net/replay: probes and what came of each, replies with their times,
 * routes, names, refused ports, losses, and the engine's own time.
 *
 * For the last, that time stands still between ticks, so that what is computed
 * from it in a replay is the same to the nanosecond.
 *
 * When the file cannot be written any more the run goes on without: what it
 * measures is worth more. The file is cut back to whole records, lacks its END,
 * so that no replay takes it for complete, and finish tells why; each record
 * that is missing counts in |unrecorded|.
 */
#ifndef TAPE_RECORD_H
#define TAPE_RECORD_H

#include "net/tape/tape.h"

/* record_open: a transport around |inner|, which it owns from then on unless it
 * fails, that records into the file |path|, created or emptied. |head|, but for
 * what |inner| knows, is filled in by the caller; |now| is the clock. Errors:
 * those of open(2), -EBUSY (another engine records into it), -ENOMEM, and of
 * the first write. */
int record_open(struct net **net, struct net *inner, const char *path,
                struct tape_head *head, int64_t (*now)(void));

#endif
