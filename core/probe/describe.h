/* SPDX-License-Identifier: MIT
 *
 * describe.h: a probe as the transports see it: what is to be on the wire, not
 * yet as bytes.
 */
#ifndef PROBE_DESCRIBE_H
#define PROBE_DESCRIBE_H

#include "probe/state.h"
#include "wire/record.h"

/* describe_probe: writes what the probe |p| of |t| is to be into |w|. */
void describe_probe(const struct core *c, const struct trace *t,
                    const struct probe *p, struct wire_probe *w);

#endif
