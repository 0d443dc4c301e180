/* SPDX-License-Identifier: MIT
 *
 * match.h: which probe a reply belongs to, in tiers, because boxes on the way
 * rewrite what they quote:
 *
 *   1  identity, destination and ports
 *   2  identity and destination      (ports or echo identifier rewritten; an
 *      identity rewritten with them is computed back for each port that may
 *      have been ours, and has to fit one live probe only)
 *   3  identity and ports            (destination rewritten)
 *   4  IPv4 identification and destination (the UDP checksum was rewritten, or
 *      under 8 transport bytes were quoted), if that fits one live probe only,
 *      also byte-swapped or one too high; or identification and ports
 *
 * Nothing below tier 1 is taken unless the destination or the ports are ours,
 * and a quoted source port that is not must be explained by its checksum.
 */
#ifndef PROBE_MATCH_H
#define PROBE_MATCH_H

#include "probe/state.h"
#include "wire/record.h"

/* match_fetch: |v|[|n|] are about to be matched: has the processor fetch what
 * they are probably about. */
void match_fetch(const struct core *c, const struct wire_reply *v, uint32_t n);

/* match_probe: the probe that |r|, not WIRE_UDP_REPLY, answers; its tier in
 * |*tier|. NULL: none of ours. */
struct probe *match_probe(const struct core *c, const struct wire_reply *r,
                          int *tier);

#endif
