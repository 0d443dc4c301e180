/* SPDX-License-Identifier: MIT
 *
 * replay_find.h: finds requests in a recording.
 */
#ifndef TAPE_REPLAY_FIND_H
#define TAPE_REPLAY_FIND_H

#include "net/tape/state.h"

/* replay_hash: fills the hash table with all entries of |f|. 0 or -ENOMEM. */
int replay_hash(struct replay_file *f);

/* replay_find: returns the next unused entry of |key|, or NULL. If all are
 * used, returns the last of them, unless |once|. |take| 1: marks it as used. */
struct replay_entry *replay_find(struct replay_file *f, uint64_t key, int once,
                                 int take);

/* replay_body: returns the bytes of a record's body, without its kind. */
struct bytes replay_body(const struct replay_file *f, uint64_t body);

#endif
