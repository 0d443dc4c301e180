/* SPDX-License-Identifier: MIT
 *
 * fragment.h: cuts a packet into fragments that fit a link. For packets of
 * wire_build: IPv4 without options, IPv6 without extension headers.
 */
#ifndef WIRE_FRAGMENT_H
#define WIRE_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

/* wire_fragment: writes the fragment of |packet|[|size|] that begins |*at|
 * bytes behind the IP header into |out|[|mtu|] and moves |*at| behind it. |id|
 * is the identification for IPv6; IPv4 uses that of the packet, and the kernel
 * fills in the header checksum. Returns the length of the fragment; 0: there is
 * no more; -EMSGSIZE: |mtu| is too small. */
int wire_fragment(const uint8_t *packet, size_t size, size_t mtu, uint32_t id,
                  size_t *at, uint8_t *out);

#endif
