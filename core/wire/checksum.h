/* SPDX-License-Identifier: MIT
 *
 * checksum.h: the Internet checksum of RFC 1071. Sums are unfolded ones'
 * complement sums of 16-bit words in host order. They can be added in any
 * order, so a packet is summed in parts, each beginning at an even offset. Only
 * the last part may have an odd length. A checksum field is the complement of
 * the folded sum.
 */
#ifndef WIRE_CHECKSUM_H
#define WIRE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* checksum_add: returns |sum| plus the |n| bytes at |p|. If |n| is odd, a zero
 * byte is added. */
uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t n);

/* checksum_fold: returns |sum| as a 16-bit word: 0 only if all words were 0. */
uint16_t checksum_fold(uint64_t sum);

/* checksum_of: returns the checksum for |n| bytes at |p|, where its field is
 * 0. */
uint16_t checksum_of(const uint8_t *p, size_t n);

/* checksum_pseudo: returns the sum of the pseudo-header (RFC 9293 3.1, RFC 8200
 * 8.1) of |length| transport bytes of |protocol|, its number on the wire.
 * Addresses have 4 bytes when |family| is 4, 16 when it is 6. */
uint64_t checksum_pseudo(int family, const uint8_t *src, const uint8_t *dst,
                         int protocol, size_t length);

/* checksum_balance: returns the word that makes the checksum of a packet right,
 * if all its other words sum to |sum|. */
uint16_t checksum_balance(uint64_t sum);

/* checksum_update: returns the new value of the checksum field |check| after
 * one word of the packet has changed from |before| to |after| (RFC 1624 3,
 * equation 3). */
uint16_t checksum_update(uint16_t check, uint16_t before, uint16_t after);

#endif
