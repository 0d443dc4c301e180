/* SPDX-License-Identifier: MIT
 *
 * stray.h: notices floods of errors that are nobody's and that the filter of a
 * transport lets in only to be on the safe side: an engine behind a translator
 * that rewrites what is quoted needs them, but anybody can send any number of
 * them, and each takes the engine as long as a reply does. After so many in so
 * short a time the transport may refuse their kind for a while. What is about a
 * probe of ours never counts.
 *
 * Wrong if other programs behind such a translator get that many errors: then
 * those of ours whose port was rewritten are lost too.
 */
#ifndef PROBE_STRAY_H
#define PROBE_STRAY_H

#include "probe/state.h"
#include "wire/record.h"

enum { STRAY_MANY = 256, STRAY_SPAN_MS = 100 };

/* stray_count: counts |r|, which is nobody's, if it quotes no port or
 * identifier of ours; sets c->flooded to |now| if it is one of many. */
void stray_count(struct core *c, const struct wire_reply *r, int64_t now);

#endif
