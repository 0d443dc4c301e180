/* SPDX-License-Identifier: MIT
 *
 * resolve.h: names to addresses, in libuv's threads, by the system's own
 * resolver, or by a transport that knows names. Answers wait in a list until a
 * step has room for their events.
 */
#ifndef LOOP_RESOLVE_H
#define LOOP_RESOLVE_H

#include "loop/state.h"

/* resolve_start: looks |name| up for |family| (4, 6, 0 both). 0 or -errno. The
 * answer may be there at once: the loop is to be armed after it. */
int resolve_start(struct loop *l, const char *name, unsigned family,
                  uint32_t cookie);

/* resolve_deadline: when the next answer may be told, ns; INT64_MAX never. */
int64_t resolve_deadline(const struct loop *l);

/* resolve_tell: turns answers into events, as many as fit. */
void resolve_tell(struct loop *l);

/* resolve_free: frees answers not told. */
void resolve_free(struct loop *l);

#endif
