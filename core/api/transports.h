/* SPDX-License-Identifier: MIT
 *
 * transports.h: the table of transports, the one place that lists them. The
 * program and the Lua layer read it through mtr_transport_info.
 */
#ifndef API_TRANSPORTS_H
#define API_TRANSPORTS_H

#include "net/opening.h"

/* transports_known: whether |id| (MTR_RAW ...) is in the table. */
int transports_known(uint32_t id);

/* transports_records: whether what goes over |id| can be recorded. */
int transports_records(uint32_t id);

/* transports_open: opens the transport |id| into |*net|. For MTR_AUTO it is the
 * first that this host permits. */
int transports_open(struct net **net, uint32_t id, struct net_opening *o);

#endif
