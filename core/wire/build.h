/* SPDX-License-Identifier: MIT
 *
 * build.h: a probe record becomes a whole IP packet, every checksum in place,
 * so nothing is left to the kernel or to the network card.
 *
 * Where a transport checksum is given (ICMP paris: the flow's; UDP: the probe's
 * id) a two-byte compensator behind the payload makes the packet verify. It
 * sits at an even offset from the transport header, after one zero byte if the
 * payload is odd, and zero filler follows up to the size. The payload is thus
 * what a receiver reads first, and no probe of a flow differs in its length.
 *
 * UDP over IPv4 may have no room for the compensator (an exact payload): then
 * the checksum is the natural one, equal for all probes of the flow, and only
 * the identification field tells them apart. So it is in UDP dublin over IPv4.
 */
#ifndef WIRE_BUILD_H
#define WIRE_BUILD_H

#include "wire/record.h"

#include <stddef.h>
#include <stdint.h>

/* wire_build: writes the packet of |p| into |out|[|cap|] and returns its
 * length. -EMSGSIZE: larger than |cap| or 65535 bytes, or |p|->size is below
 * wire_min_size. -EINVAL: a field is out of the range record.h gives it, or
 * dublin is asked of ICMP or TCP. |out| is then unchanged. */
int wire_build(const struct wire_probe *p, uint8_t *out, size_t cap);

/* wire_min_size: bytes of the smallest IP packet that holds |payload_size|
 * bytes and what the probe needs besides. A TCP SYN of that size goes
 * without its MSS option. May exceed 65535, which wire_build refuses.
 * -EINVAL as there. */
int wire_min_size(int family, int protocol, int multipath, int payload_size);

/* wire_default_size: bytes of the packet when |size| is 0. ICMP and UDP: 60,
 * on IPv6 80, as traceroute(8), or what payload and compensator take if that
 * is more. TCP: no filler, and the MSS option, which an ACK probe leaves
 * out: it is 4 bytes smaller. UDP dublin over IPv6: the base, which grows by
 * the TTL. */
int wire_default_size(int family, int protocol, int multipath,
                      int payload_size);

#endif
