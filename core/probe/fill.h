/* SPDX-License-Identifier: MIT
 *
 * fill.h: chooses what to send. Traces take turns, one probe each, as long as
 * the rate, the probe table and their windows allow. Fills struct wire_probe;
 * the transports make bytes of it.
 */
#ifndef PROBE_FILL_H
#define PROBE_FILL_H

#include "probe/state.h"
#include "wire/record.h"

/* fill_probes: writes up to |n| probes to send into |v|, and their handles into
 * |handles|; returns how many. Call fill_sent for each of them afterwards. */
uint32_t fill_probes(struct core *c, struct wire_probe *v, uint32_t *handles,
                     uint32_t n, int64_t now);

/* fill_sent: notes that probe |handle| of |size| bytes left at |at|, or
 * failed with the errno |error|. */
void fill_sent(struct core *c, uint32_t handle, unsigned size, unsigned error,
               int64_t at);

#endif
