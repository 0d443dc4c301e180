/* SPDX-License-Identifier: MIT
 *
 * recording.h: opening an engine that records, or one over a recording.
 */
#ifndef API_RECORDING_H
#define API_RECORDING_H

#include "net/net.h"

struct mtr_config;

/* recording_replay: a transport in |*net| over the file that |config| names,
 * and the seed of that run in |*random|. Errors: replay_open's, and -EINVAL: it
 * was made with another max_probes, by which ports are shared out. */
int recording_replay(const struct mtr_config *config, uint64_t *random,
                     struct net **net, char *why, uint32_t size);

/* recording_start: puts a recorder around |*net|, or fails and leaves it.
 * |random|: the engine's seed. Errors: record_open's. */
int recording_start(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size);

#endif
