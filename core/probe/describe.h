/* SPDX-License-Identifier: MIT
 *
 * describe.h: describes a probe for the transports: what its packet shall have,
 * but not yet as bytes.
 */
#ifndef PROBE_DESCRIBE_H
#define PROBE_DESCRIBE_H

#include "probe/state.h"
#include "wire/record.h"

/* describe_probe: fills |w| for the probe |p| of |t|. */
void describe_probe(const struct core *c, const struct trace *t,
                    const struct probe *p, struct wire_probe *w);

#endif
