/* SPDX-License-Identifier: MIT
 *
 * start.h: opens raw for an engine: over the sockets that it was given, or over
 * its own, which need CAP_NET_RAW.
 */
#ifndef RAW_START_H
#define RAW_START_H

#include "net/opening.h"

/* raw_start: see opening.h. raw_given: whether an engine was given sockets.
 * raw_regions: how many regions its probes take. raw_denied: says what
 * privilege |sockets| need. raw_add_lack: adds to |o|->why what |net| lacks. */
int raw_start(struct net **net, struct net_opening *o);
int raw_given(const struct mtr_config *config);
uint32_t raw_regions(const struct mtr_config *config);
void raw_denied(struct net_opening *o, const char *sockets);
void raw_add_lack(const struct net *net, struct net_opening *o);

#endif
