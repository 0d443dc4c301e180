/* SPDX-License-Identifier: MIT
 *
 * transport.h: the table of transports, the one place that lists them. The
 * program and the Lua layer read it through mtr_transport_info.
 */
#ifndef API_TRANSPORT_H
#define API_TRANSPORT_H

#include "net/opening.h"

/* transport_known: whether |id| (MTR_RAW ...) is in the table. */
int transport_known(uint32_t id);

/* transport_records: whether what goes over |id| can be recorded. */
int transport_records(uint32_t id);

/* transport_open: opens the transport |id| into |*net|. For MTR_AUTO it is the
 * first that this host permits. */
int transport_open(struct net **net, uint32_t id, struct net_opening *o);

#endif
