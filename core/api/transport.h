/* SPDX-License-Identifier: MIT
 *
 * transport.h: which transport an engine gets, and why. What the configuration
 * leaves open is decided by what this process may do and by the rate.
 */
#ifndef API_TRANSPORT_H
#define API_TRANSPORT_H

#include "mtr.h"
#include "net/net.h"

/* transport_open: the transport that |config| asks for in |*net|, around it a
 * recorder if one is asked for; |*random| is the engine's seed, and becomes
 * that of the run that is replayed. The reason for the choice, or for the
 * failure, is in |why|[|size|]. */
int transport_open(const struct mtr_config *config, uint64_t *random,
                   struct net **net, char *why, uint32_t size);

/* transport_sim: a transport in |*net| over the network |sim|, which is not
 * changed from now on; its choices follow |seed|, or if that is 0 the seed of
 * the network. 0, or an error with the reason in |why|[|size|]. */
int transport_sim(struct mtr_sim *sim, uint32_t seed, struct net **net,
                  char *why, uint32_t size);

/* transport_given: whether the sockets of |config| are the caller's. */
int transport_given(const struct mtr_config *config);

#endif
