/* SPDX-License-Identifier: MIT
 *
 * check.h: checks the structs of callers before anything is started. Each check
 * writes a message that names the wrong field.
 */
#ifndef API_CHECK_H
#define API_CHECK_H

#include <stddef.h>

#include "mtr.h"
#include "probe/trace.h"

/* check_config: 0, or -EINVAL with the reason in |why|[|size|]. */
int check_config(const struct mtr_config *config, char *why, size_t size);

/* check_rate: returns whether |rate|, in probes per second, is 0 (no limit) or
 * a rate that the engine can keep. */
int check_rate(double rate);

/* check_trace: checks a trace with |payload| bytes of payload in an engine that
 * has |flows| flows. 0 or -EINVAL. */
int check_trace(const struct mtr_trace *t, unsigned payload, unsigned flows,
                char *why, size_t size);

/* check_able: 0, or -EOPNOTSUPP if a transport with |caps| (MTR_CAP_*), called
 * |name|, cannot do what |t| asks for. */
int check_able(const struct mtr_trace *t, uint32_t caps, const char *name,
               char *why, size_t size);

/* check_probe, check_probe_able: check one probe of |t| in the same ways. */
int check_probe(const struct trace *t, const struct mtr_probe_opts *p,
                unsigned flows, char *why, size_t size);
int check_probe_able(const struct trace *t, const struct mtr_probe_opts *p,
                     uint32_t caps, const char *name, char *why, size_t size);

#endif
