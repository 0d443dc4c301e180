/* SPDX-License-Identifier: MIT
 *
 * replay_find.h: finds what a recording holds.
 */
#ifndef TAPE_REPLAY_FIND_H
#define TAPE_REPLAY_FIND_H

#include "net/tape/state.h"

/* replay_hash: makes all entries of |f| to be found. 0 or -ENOMEM. */
int replay_hash(struct replay_file *f);

/* replay_find: the next unused entry of |key|; without |once| the last one if
 * all are used; or NULL. |take|: it is used now. */
struct replay_entry *replay_find(struct replay_file *f, uint64_t key, int once,
                                 int take);

/* replay_body: the bytes of a record's body, without its kind. */
struct bytes replay_body(const struct replay_file *f, uint64_t body);

#endif
