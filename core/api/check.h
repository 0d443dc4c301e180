/* SPDX-License-Identifier: MIT
 *
 * check.h: whether what a caller asks for makes sense, before any of it is
 * begun. Each check names the field at fault, for the message.
 */
#ifndef API_CHECK_H
#define API_CHECK_H

#include <stddef.h>

#include "mtr.h"
#include "probe/trace.h"

/* check_config: 0, or -EINVAL with the reason in |why|[|size|]. */
int check_config(const struct mtr_config *config, char *why, size_t size);

/* check_rate: whether |rate|, probes per second, is 0 for no limit, or not too
 * low or too high to be kept. */
int check_rate(double rate);

/* check_trace: the same for a trace of |payload| bytes, with |flows| flows. */
int check_trace(const struct mtr_trace *t, unsigned payload, unsigned flows,
                char *why, size_t size);

/* check_able: 0, or -EOPNOTSUPP if a transport with |caps| (MTR_CAP_*), called
 * |name|, cannot do what |t| asks for. */
int check_able(const struct mtr_trace *t, uint32_t caps, const char *name,
               char *why, size_t size);

/* check_probe, check_probe_able: the same for a probe of |t|. */
int check_probe(const struct trace *t, const struct mtr_probe_opts *p,
                unsigned flows, char *why, size_t size);
int check_probe_able(const struct trace *t, const struct mtr_probe_opts *p,
                     uint32_t caps, const char *name, char *why, size_t size);

#endif
