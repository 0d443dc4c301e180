/* SPDX-License-Identifier: MIT
 *
 * start.h: opens packet for an engine: over the sockets that the engine was
 * given, or over new ones, which need CAP_NET_RAW.
 */
#ifndef PACKET_START_H
#define PACKET_START_H

#include "net/opening.h"

/* packet_start: see opening.h. */
int packet_start(struct net **net, struct net_opening *o);

#endif
