/* SPDX-License-Identifier: MIT
 *
 * checksum.c: the sum does not depend on the byte order, except that its own
 * two bytes may be swapped (RFC 1071 2(B)). So eight bytes at a time are loaded
 * in the order of the machine, and only the folded sum is converted. 64 bits
 * hold all carries of any packet.
 */
#include "wire/checksum.h"

#include <string.h>

uint16_t checksum_fold(uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)sum;
}

uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n) {
  uint64_t raw = 0, two;
  uint32_t word;
  for (; n >= sizeof two; p += sizeof two, n -= sizeof two) {
    memcpy(&two, p, sizeof two);
    raw += (two >> 32) + (uint32_t)two;
  }
  if (n >= sizeof word) {
    memcpy(&word, p, sizeof word);
    raw += word;
    p += sizeof word;
    n -= sizeof word;
  }
  if (n) {
    word = 0;
    memcpy(&word, p, n);
    raw += word;
  }
  uint16_t folded = checksum_fold(raw);
  uint8_t bytes[2];
  memcpy(bytes, &folded, 2);
  return sum + (uint64_t)(bytes[0] << 8 | bytes[1]);
}

uint16_t checksum_of(const uint8_t *p, size_t n) {
  return checksum_balance(checksum_add(0, p, n));
}

uint64_t checksum_pseudo(int family, const uint8_t *src, const uint8_t *dst,
                         int protocol, size_t length) {
  uint64_t sum = (uint64_t)length + (uint64_t)protocol;
  size_t n = 16;
  if (family == 4) {
    for (int i = 0; i < 4; i += 2)
      sum += (unsigned)(src[i] << 8 | src[i + 1]) +
             (unsigned)(dst[i] << 8 | dst[i + 1]);
    return sum;
  }
  return checksum_add(checksum_add(sum, src, n), dst, n);
}

uint16_t checksum_balance(uint64_t sum) {
  return (uint16_t)~checksum_fold(sum);
}

uint16_t checksum_update(uint16_t check, uint16_t before, uint16_t after) {
  uint64_t sum = (uint64_t)(uint16_t)~check + (uint16_t)~before + after;
  return checksum_balance(sum);
}
