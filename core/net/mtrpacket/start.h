/* SPDX-License-Identifier: MIT
 *
 * start.h: opens the mtr-packet transport for an engine. It runs the program
 * that the configuration names, otherwise the installed one.
 */
#ifndef MTRPACKET_START_H
#define MTRPACKET_START_H

#include "net/opening.h"

/* mtrpacket_start: see opening.h. */
int mtrpacket_start(struct net **net, struct net_opening *o);

#endif
