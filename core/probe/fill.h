/* SPDX-License-Identifier: MIT
 *
 * fill.h: what to send. Traces take turns, one probe each, as long as pace,
 * probe table and their own windows allow. Makes struct wire_probe; writes no
 * bytes.
 */
#ifndef PROBE_FILL_H
#define PROBE_FILL_H

#include "probe/state.h"
#include "wire/record.h"

/* fill_probes: writes up to |n| probes to send into |v|, and their table
 * handles into |handles|; returns how many. They count as sent once fill_sent
 * says so. */
uint32_t fill_probes(struct core *c, struct wire_probe *v, uint32_t *handles,
                     uint32_t n, int64_t now);

/* fill_sent: probe |handle| of |size| bytes left at |at|, or failed with the
 * errno |error|. */
void fill_sent(struct core *c, uint32_t handle, unsigned size, unsigned error,
               int64_t at);

#endif
