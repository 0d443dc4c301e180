/* SPDX-License-Identifier: MIT
 *
 * record.h: a transport around another one. It writes all that passes through
 * into a file, for replay.h to answer from: probes and their results, replies
 * with their times, routes, names, refused ports, losses, and the engine's
 * time.
 *
 * The engine's time stands still between ticks, so that a replay computes the
 * same values from it, to the nanosecond.
 *
 * When writing to the file fails, the run goes on without a recording, because
 * the measurement is worth more. The file is cut back to whole records and has
 * no END, so that a replay refuses it as incomplete. finish returns the reason,
 * and |unrecorded| counts the missing records.
 */
#ifndef TAPE_RECORD_H
#define TAPE_RECORD_H

#include "net/tape/tape.h"

/* record_open: opens a transport around |inner| that records into the file
 * |path|, which is created or emptied. On success it owns |inner|. The caller
 * fills in |head|, except the fields that |inner| knows. |now| is the clock.
 * Errors: those of open(2), -EBUSY (another engine records into this file),
 * -ENOMEM, and those of the first write. */
int record_open(struct net **net, struct net *inner, const char *path,
                struct tape_head *head, int64_t (*now)(void));

#endif
