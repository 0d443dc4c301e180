/* SPDX-License-Identifier: MIT
 *
 * recording.h: opens an engine that records, or one that replays a recording.
 */
#ifndef API_RECORDING_H
#define API_RECORDING_H

#include "net/opening.h"

/* recording_replay: opens the file that the configuration names as a transport
 * (see opening.h), with the seed of the recorded run. Errors of replay_open;
 * -EINVAL: the run had another max_probes, on which the ports depend. */
int recording_replay(struct net **net, struct net_opening *o);

/* recording_start: puts a recorder around |*net|; on failure |*net| stays as it
 * is. |random|: the engine's seed. Errors of record_open. */
int recording_start(const struct mtr_config *config, uint64_t random,
                    struct net **net, char *why, uint32_t size);

#endif
