/* SPDX-License-Identifier: MIT
 *
 * build.h: makes a whole IP packet of a struct wire_probe, with all checksums,
 * so that the kernel and the network card have to add nothing.
 *
 * In some packets the transport checksum is given: in ICMP paris by the flow,
 * in UDP by the id of the probe. Then two bytes behind the payload, the
 * compensator, make the checksum right. The compensator is at an even offset
 * from the transport header, after one zero byte if the payload is odd; filler
 * follows up to the size. So a receiver reads the payload first, and all probes
 * of a flow have the same length.
 *
 * UDP over IPv4 may have no room for the compensator (an exact payload). Then
 * all probes of the flow have the same, usual checksum, and only the
 * identification field differs. UDP dublin over IPv4 does the same.
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

/* wire_min_size: returns the bytes of the smallest IP packet for a probe with
 * |payload_size| bytes. A TCP SYN of that size has no MSS option. The result
 * may exceed 65535, which wire_build refuses. -EINVAL as there. */
int wire_min_size(int family, int protocol, int multipath, int payload_size);

/* wire_default_size: returns the bytes of the packet when |size| is 0. ICMP and
 * UDP: 60, on IPv6 80, like traceroute(8), or more if the payload needs it.
 * TCP: without filler, with the MSS option; an ACK probe has no option and is 4
 * bytes smaller. UDP dublin over IPv6: the base, to which the TTL is added. */
int wire_default_size(int family, int protocol, int multipath,
                      int payload_size);

#endif
