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
 * In tiers 2 to 4 the destination or the ports must be those of the probe. A
 * quoted source port may differ from ours only if the quoted checksum shows
 * that a translator changed it.
 *
 * A match is full if every field of the probe that the reply repeats is as it
 * was sent; otherwise it is weak. A weak match is believed while nobody seems
 * to be guessing (guess.h). It is always believed if it has 30 bits or more
 * that nobody can guess, as in the table below: a translator rewrites the
 * source, but it leaves these bits as they are.
 *
 * The table gives the chance that a forged packet is taken for the reply to one
 * probe; with N outstanding probes it is N times as large. The forger sees none
 * of our packets, but knows source, destination and ports, and when we send:
 *
 *   quote of       full  by
 *   ICMP, IPv4     2^-45 sequence 15, checksum 15.8, IPv4 identification 15
 *   ICMP, IPv6     2^-46 sequence 15, checksum 15.8, flow label 16
 *   UDP, IPv4      2^-30 checksum 15, IPv4 identification 15
 *   UDP, IPv6      2^-35 checksum 15, flow label 20
 *   UDP dublin     2^-15 IPv4 identification 15
 *   TCP, IPv4      2^-44 number 30, IPv4 identification 15
 *   TCP, IPv6      2^-49 number 30, flow label 20
 *   answer
 *   echo reply     2^-30 sequence 15, checksum 15.8; the identifier adds 16 if
 *                        no host has seen a ping of ours
 *   of TCP         2^-29 number 30; a reset has two that fit
 *
 * Where the chance is above 2^-32, the packet has no room for more secret bits.
 * A quote of UDP over IPv4 may have 8 bytes only: ports, length and checksum.
 * Routers choose the path by ports and length, so these must stay the same. An
 * answer contains only what it repeats of the probe. A flow label that the user
 * gave is known, and adds nothing. Data, and a reset without a number, show the
 * ports alone, and are always weak.
 *
 * A source port is drawn for each destination, and only the hosts on the way
 * see it. A forger who must guess it too needs 4 bits more for the block and up
 * to 9 for the port in it, or 16 for an echo identifier. A weak match has at
 * least 15 bits, those of the identity or of the IPv4 identification (13 for
 * the latter, which fits in three ways). Weak matches are refused after 64
 * misses of whole quotes, or 8 of others.
 */
#ifndef PROBE_MATCH_H
#define PROBE_MATCH_H

#include "probe/state.h"
#include "wire/record.h"

/* match_fetch: lets the processor fetch the probes that |v|[|n|], which are
 * matched next, probably answer. */
void match_fetch(const struct core *c, const struct wire_reply *v, uint32_t n);

enum {
  MATCH_TIER = 7,        /* the bits of the tier */
  MATCH_WEAK = 8,        /* the match is not full */
  MATCH_PROVEN = 16,     /* weak, but with 30 bits that nobody can guess */
  MATCH_SEVERAL = 32,    /* no tier: several probes fit */
  MATCH_SEARCHED = 64    /* all ports were tried in vain */
};

/* A quote of a foreign packet makes us try each port, which takes 5 us. So only
 * MATCH_SEARCHES such searches in vain are allowed at once, and one more each
 * MATCH_SEARCH_NS. A search that finds a probe does not count. */
enum { MATCH_SEARCHES = 64, MATCH_SEARCH_NS = 500000 };

/* match_probe: returns the probe that |r|, not WIRE_UDP_REPLY, answers, and
 * sets |*tier| to its tier and the bits above. NULL: it answers none of ours.
 */
struct probe *match_probe(const struct core *c, const struct wire_reply *r,
                          int *tier);

#endif
