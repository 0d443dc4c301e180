/* SPDX-License-Identifier: MIT
 *
 * start.h: opens raw for an engine: over the sockets that the engine was given,
 * or over new ones, which need CAP_NET_RAW.
 */
#ifndef RAW_START_H
#define RAW_START_H

#include "net/opening.h"

/* raw_start: see opening.h. raw_given: returns 1 if the engine was given
 * sockets. raw_regions: returns how many regions its probes need. raw_denied:
 * writes what privilege |sockets| need. raw_add_lack: appends to |o|->why what
 * |net| lacks.
 */
int raw_start(struct net **net, struct net_opening *o);
int raw_given(const struct mtr_config *config);
uint32_t raw_regions(const struct mtr_config *config);
void raw_denied(struct net_opening *o, const char *sockets);
void raw_add_lack(const struct net *net, struct net_opening *o);

#endif
