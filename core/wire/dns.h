/* SPDX-License-Identifier: MIT
 *
 * dns.h: reads answers of the DNS (RFC 1035) to one question, for PTR and TXT
 * records. It trusts nothing in an answer: it checks that the answer is to our
 * question, and that each name in it has an end.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include <stddef.h>
#include <stdint.h>

enum {
  DNS_CNAME = 5, DNS_SOA = 6, DNS_PTR = 12, DNS_TXT = 16,   /* 3.2.2 */
  DNS_NAME = 1021,       /* bytes of the longest name as text, with a zero */
  DNS_TEXT = 1020        /* most bytes of a text that are kept */
};

struct dns_record {
  uint32_t ttl;          /* seconds that it may be kept */
  uint32_t size;         /* bytes of |text| */
  char text[DNS_NAME];   /* PTR: a name without its last dot; TXT: any bytes;
                          * followed by a zero */
};

/* dns_name: reads the name at |at| of the message |p|[|n|] and writes it as
 * text with a zero into |out|[DNS_NAME]: "" for the root; bytes that are not
 * printable ASCII, and dots and backslashes within a label, as in 5.1: "\." or
 * "\032". Returns the offset behind the name, or -EBADMSG. */
int dns_name(const uint8_t *p, size_t n, size_t at, char *out);

/* dns_read: reads the answer |p|[|n|] to the question for records of |type| of
 * |name|, following aliases. Writes at most |max| records into |out| and
 * returns how many it wrote. 0: there are none, and |*none_ttl| is for how many
 * seconds that may be believed (RFC 2308; 0: not at all). Or:
 *   -EBADMSG  damaged
 *   -ENOMSG   not an answer to this question
 *   -EAGAIN   the server failed or refuses, or the answer is cut off */
int dns_read(const uint8_t *p, size_t n, const char *name, unsigned type,
             struct dns_record *out, unsigned max, uint32_t *none_ttl);

/* dns_reverse: writes the name whose PTR records name |addr| (RFC 1035 3.5,
 * RFC 3596 2.5) into |out|[DNS_NAME]. */
void dns_reverse(const uint8_t *addr, unsigned family, char *out);

#endif
