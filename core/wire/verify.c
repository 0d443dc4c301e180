/* SPDX-License-Identifier: MIT */
#include "wire/verify.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ip.h"
#include "wire/proto.h"

#include <string.h>

static int sums_up(uint64_t sum, const uint8_t *p, size_t n) {
  return checksum_fold(checksum_add(sum, p, n)) == 0xffff;
}

int wire_intact(const uint8_t *p, size_t n, size_t whole, int trusted) {
  struct bytes b = bytes_of(p, n < whole ? n : whole);
  struct ip_head ip;
  if (ip_read(&b, &ip) < 0 || !ip.upper) return 1;
  size_t head = (size_t)(b.p - p);
  if (ip.family == 4 && !trusted && !sums_up(0, p, head)) return 0;
  if (ip.protocol != WIRE_ICMP || ip.part || ip.size > n || ip.size < head)
    return 1;
  size_t size = ip.size - head;
  uint64_t sum = 0;
  if (ip.family == 6)
    sum = checksum_pseudo(6, ip.src, ip.dst, PROTO_ICMPV6, size);
  return sums_up(sum, b.p, size);
}

int wire_sender_possible(int family, const uint8_t from[16],
                         const uint8_t to[16]) {
  static const uint8_t zeros[15];
  if (family == 4)
    return from[0] < 0xe0 && (from[0] != 127 || to[0] == 127);
  if (from[0] == 0xff) return 0;       /* RFC 4291 2.7 */
  if (memcmp(from, zeros, sizeof zeros) || from[15] > 1) return 1;
  return from[15] == 1 && !memcmp(to, from, 16);
}

int wire_possible(const struct wire_reply *r) {
  return wire_sender_possible(r->family, r->from, r->to);
}
