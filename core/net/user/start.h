/* SPDX-License-Identifier: MIT
 *
 * start.h: opens user for an engine. It needs no privilege. It says what it
 * lacks, and what would give more.
 */
#ifndef USER_START_H
#define USER_START_H

#include "net/opening.h"

/* user_start: see opening.h. */
int user_start(struct net **net, struct net_opening *o);

#endif
