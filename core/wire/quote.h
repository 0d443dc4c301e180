/* SPDX-License-Identifier: MIT
 *
 * quote.h: what an ICMP error says about the probe it answers: the IP header it
 * quotes and, if they are there, the first 8 transport bytes (RFC 792 promises
 * no more). Everything is stored as quoted, odd as it may be; whether it names
 * a probe of ours is for others to judge.
 */
#ifndef WIRE_QUOTE_H
#define WIRE_QUOTE_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* quote_parse: reads the |n| quoted bytes at |p| into |r|: quoted_*, ip_id, id,
 * tcp_low, sport, dport and the flags WIRE_QUOTE and WIRE_TRUNCATED; fields
 * that the quote does not have are left as they are. WIRE_TRUNCATED also marks
 * a later fragment and a header chain that does not reach a transport header.
 * -EBADMSG: no sound IP header of |family|; |r| is then unchanged. */
int quote_parse(const uint8_t *p, size_t n, int family, struct wire_reply *r);

#endif
