/* SPDX-License-Identifier: MIT
 *
 * resolve.h: looks up the addresses of names: in the hosts file and the DNS,
 * with the system's resolver where names may be elsewhere, or in a transport
 * that knows names. Answers wait in a list until a step has room for their
 * events.
 */
#ifndef LOOP_RESOLVE_H
#define LOOP_RESOLVE_H

#include "loop/state.h"

/* resolve_start: looks |name| up for |family| (4, 6, 0 both). 0 or -errno. Call
 * loop_arm after it: the answer may be there at once. */
int resolve_start(struct loop *l, const char *name, unsigned family,
                  uint32_t cookie);

/* resolve_deadline: returns when the next answer is to be reported, ns;
 * INT64_MAX: never. */
int64_t resolve_deadline(const struct loop *l);

/* resolve_report: turns answers into events, as many as fit. */
void resolve_report(struct loop *l);

/* resolve_free: frees answers that were not reported. */
void resolve_free(struct loop *l);

#endif
