/* SPDX-License-Identifier: MIT
 *
 * quote.h: reads the quote in an ICMP error: the IP header of the probe and, if
 * they are there, the first 8 transport bytes (RFC 792 promises no more). All
 * fields are stored as quoted, even impossible ones; match.h finds the probe.
 */
#ifndef WIRE_QUOTE_H
#define WIRE_QUOTE_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* quote_parse: reads the |n| quoted bytes at |p| into |r|: quoted_*, ip_id, id,
 * tcp_low, sport, dport and the flags WIRE_QUOTE and WIRE_TRUNCATED; fields
 * that the quote does not have stay as they are. WIRE_TRUNCATED also marks a
 * later fragment, and a header chain that does not reach a transport header.
 * -EBADMSG: there is no valid IP header of |family|; |r| is unchanged. */
int quote_parse(const uint8_t *p, size_t n, int family, struct wire_reply *r);

#endif
