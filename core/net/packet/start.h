/* SPDX-License-Identifier: MIT
 *
 * start.h: opens packet for an engine: over the sockets that it was given, or
 * over its own, which need CAP_NET_RAW.
 */
#ifndef PACKET_START_H
#define PACKET_START_H

#include "net/opening.h"

/* packet_start: see opening.h. */
int packet_start(struct net **net, struct net_opening *o);

#endif
