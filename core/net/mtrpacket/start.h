/* SPDX-License-Identifier: MIT
 *
 * start.h: opens mtr-packet for an engine: the program that the configuration
 * names, or the one that is installed.
 */
#ifndef MTRPACKET_START_H
#define MTRPACKET_START_H

#include "net/opening.h"

/* mtrpacket_start: see opening.h. */
int mtrpacket_start(struct net **net, struct net_opening *o);

#endif
