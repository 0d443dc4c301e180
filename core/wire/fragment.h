/* SPDX-License-Identifier: MIT
 *
 * fragment.h: a packet of ours in pieces that fit a link. IPv4 without options,
 * IPv6 without extension headers: what wire_build makes.
 */
#ifndef WIRE_FRAGMENT_H
#define WIRE_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>

/* wire_fragment: writes the fragment of |packet|[|size|] that begins |*at|
 * bytes behind the IP header into |out|[|mtu|] and moves |*at| behind it. |id|
 * tells IPv6 whose pieces these are; IPv4 has the packet's own identification,
 * and its header checksum is left to the kernel. Returns the fragment's length,
 * 0 when there is none left, -EMSGSIZE when |mtu| is too small for any. */
int wire_fragment(const uint8_t *packet, size_t size, size_t mtu, uint32_t id,
                  size_t *at, uint8_t *out);

#endif
