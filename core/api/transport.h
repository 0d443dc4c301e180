/* SPDX-License-Identifier: MIT
 *
 * transport.h: the table of transports, the one place that lists them. The
 * program and the Lua layer read it through mtr_transport_info.
 */
#ifndef API_TRANSPORT_H
#define API_TRANSPORT_H

#include "net/opening.h"

/* transport_known: returns 1 if |id| (MTR_RAW ...) is in the table. */
int transport_known(uint32_t id);

/* transport_records: returns 1 if runs of transport |id| can be recorded. */
int transport_records(uint32_t id);

/* transport_open: opens transport |id| into |*net|; for MTR_AUTO the first that
 * this host permits. 0 or a negative errno. */
int transport_open(struct net **net, uint32_t id, struct net_opening *o);

#endif
