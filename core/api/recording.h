/* SPDX-License-Identifier: MIT
 *
 * recording.h: opening an engine that records, or one over a recording.
 */
#ifndef API_RECORDING_H
#define API_RECORDING_H

#include "net/opening.h"

/* recording_replay: see opening.h; over the file that the configuration names,
 * with the seed of that run. Errors: replay_open's, and -EINVAL: it
 * was made with another max_probes, by which ports are shared out. */
int recording_replay(struct net **net, struct net_opening *o);

/* recording_start: puts a recorder around |*net|, or fails and leaves it.
 * |random|: the engine's seed. Errors: record_open's. */
int recording_start(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size);

#endif
