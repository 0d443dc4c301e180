/* SPDX-License-Identifier: MIT */
#include "wire/fragment.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "wire/proto.h"

enum {
  UNIT = 8,              /* bytes; the unit of offsets; RFC 791, 8200 4.5 */
  MORE_V4 = 0x2000,      /* flag: more fragments follow */
  HEADER_V6 = 8          /* bytes of the fragment header */
};

int wire_fragment(const uint8_t *packet, size_t size, size_t mtu, uint32_t id,
                  size_t *at, uint8_t *out) {
  int v6 = packet[0] >> 4 == 6;
  size_t header = v6 ? PROTO_IPV6_HEADER : PROTO_IPV4_HEADER;
  size_t before = header + (v6 ? (size_t)HEADER_V6 : 0);
  if (mtu < before + UNIT || size < header) return -EMSGSIZE;
  size_t left = size - header - *at, n = (mtu - before) / UNIT * UNIT;
  int last = left <= n;
  if (last) n = left;
  if (!n) return 0;
  unsigned offset = (unsigned)*at;     /* bytes; IPv6 has it like this */
  memcpy(out, packet, header);
  if (v6) {
    put_u16(out + 4, (unsigned)(HEADER_V6 + n));
    uint8_t *q = put_u8(out + header, packet[6]);
    out[6] = PROTO_FRAGMENT;
    q = put_u8(q, 0);
    q = put_u16(q, offset | (last ? 0u : 1u));
    put_u32(q, id);
  } else {
    put_u16(out + 2, (unsigned)(header + n));
    put_u16(out + 6, offset / UNIT | (last ? 0u : (unsigned)MORE_V4));
    put_u16(out + 10, 0);
  }
  memcpy(out + before, packet + header + *at, n);
  *at += n;
  return (int)(before + n);
}
