/* SPDX-License-Identifier: MIT
 *
 * guess.h: finds out whether somebody is guessing. A weak match (match.h) is
 * believed only while few replies of its kind have come lately that fit no
 * probe. A forger makes many such misses before the first hit. A translator
 * that rewrites the quotes of our probes makes no misses. But replies to other
 * programs behind it are misses, so more misses are allowed for whole quotes.
 *
 * Misses are counted by protocol and kind, and by what a guess cannot vary: the
 * destination that was quoted, or the port of ours that is named. The counts
 * are in a hash table. Wrong if two counts share a place of it: then genuine
 * replies are refused for a while.
 */
#ifndef PROBE_GUESS_H
#define PROBE_GUESS_H

#include "probe/state.h"
#include "wire/record.h"

/* guess_miss: counts |r|, which fits no probe. */
void guess_miss(struct core *c, const struct wire_reply *r, int64_t now);

/* guess_likely: returns 1 if |r|, which fits a probe by its ports (|by_port|),
 * or else by its destination, may be somebody's guess. */
int guess_likely(const struct core *c, const struct wire_reply *r, int by_port,
                 int64_t now);

#endif
