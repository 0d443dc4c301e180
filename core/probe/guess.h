/* SPDX-License-Identifier: MIT
 *
 * guess.h: whether somebody is guessing. Replies that fit a probe but for a
 * part (match.h) are believed only while few others of their kind came lately
 * that fit none: an honest box that rewrites what it quotes makes no misses,
 * and who guesses makes many before the first hit.
 *
 * Misses are counted by kind, and by what a guess cannot vary: the destination
 * that was quoted, or the port of ours that is named. The counts lie in a table
 * by hash. Wrong, in that honest replies are refused for a while, if two meet
 * in one place of it.
 */
#ifndef PROBE_GUESS_H
#define PROBE_GUESS_H

#include "probe/state.h"
#include "wire/record.h"

/* guess_miss: |r| came and fits no probe. */
void guess_miss(struct core *c, const struct wire_reply *r, int64_t now);

/* guess_likely: whether |r|, which fits a probe by its ports (|by_port|), or
 * else by its destination, may be somebody's guess. */
int guess_likely(const struct core *c, const struct wire_reply *r, int by_port,
                 int64_t now);

#endif
