/* SPDX-License-Identifier: MIT
 *
 * icmp.c: reads the 8-byte header of ICMP. Then ext.c separates the quote from
 * the extensions after it, and quote.c reads the quote.
 */
#include "wire/icmp.h"

#include "base/bytes.h"
#include "wire/checksum.h"
#include "wire/ext.h"
#include "wire/proto.h"
#include "wire/quote.h"

#include <errno.h>

/* Returns the kind of an ICMP error; WIRE_NONE: it is not an error. */
static enum wire_kind error_kind(int type, int code) {
  switch (type) {
  case PROTO_EXCEEDED:
    return code == PROTO_IN_TRANSIT ? WIRE_TIME_EXCEEDED : WIRE_OTHER;
  case PROTO_UNREACH:
    return code == PROTO_NEED_FRAGMENT ? WIRE_TOO_BIG : WIRE_UNREACH;
  case PROTO_QUENCH:
  case PROTO_REDIRECT:
  case PROTO_PARAMETER:
    return WIRE_OTHER;
  default:
    return WIRE_NONE;
  }
}

static enum wire_kind error6_kind(int type, int code) {
  switch (type) {
  case PROTO_EXCEEDED6:
    return code == PROTO_IN_TRANSIT ? WIRE_TIME_EXCEEDED : WIRE_OTHER;
  case PROTO_UNREACH6:
    return WIRE_UNREACH;
  case PROTO_TOO_BIG6:
    return WIRE_TOO_BIG;
  case PROTO_PARAMETER6:
    return WIRE_OTHER;
  default:
    return WIRE_NONE;
  }
}

enum wire_kind icmp_kind(int family, int type, int code) {
  return family == 4 ? error_kind(type, code) : error6_kind(type, code);
}

int icmp_extends(int family, int type) {
  if (family == 4)
    return type == PROTO_UNREACH || type == PROTO_EXCEEDED ||
           type == PROTO_PARAMETER;
  return type == PROTO_UNREACH6 || type == PROTO_EXCEEDED6;
}

/* Returns the length of the quote in bytes that |word|, the second word of the
 * header, gives; -1 if this type has no extensions. RFC 4884 4.1-4.6: octet 5
 * in units of 4 bytes; in ICMPv6 octet 4 in units of 8 bytes. */
static int quote_length(const struct wire_reply *r, uint32_t word) {
  if (!icmp_extends(r->family, r->icmp_type)) return -1;
  return r->family == 4 ? (int)(word >> 16 & 0xff) * 4 : (int)(word >> 24) * 8;
}

/* The checksum of the echo request whose reply has |check|: they differ in the
 * type alone. */
static uint16_t request_checksum(const struct wire_reply *r, uint16_t check) {
  if (r->family == 4)
    return checksum_update(check, PROTO_ECHO_REPLY << 8, PROTO_ECHO << 8);
  return checksum_update(check, PROTO_ECHO_REPLY6 << 8, PROTO_ECHO6 << 8);
}

static void read_echo(struct wire_reply *r, uint32_t word) {
  r->sport = (uint16_t)(word >> 16); /* identifier */
  r->id = (uint16_t)word;            /* sequence number */
  r->quoted_protocol = WIRE_ICMP;
  memcpy(r->quoted_src, r->to, sizeof r->to);
  memcpy(r->quoted_dst, r->from, sizeof r->from);
  r->kind = WIRE_ECHO_REPLY;
}

int icmp_parse(const uint8_t *p, size_t n, int cut, struct wire_reply *r) {
  struct bytes b = bytes_of(p, n);
  r->protocol = WIRE_ICMP;
  r->icmp_type = bytes_u8(&b);
  r->icmp_code = bytes_u8(&b);
  uint16_t check = bytes_u16(&b);
  uint32_t word = bytes_u32(&b);
  if (b.bad) return -EBADMSG;

  if (r->icmp_type == (r->family == 4 ? PROTO_ECHO_REPLY : PROTO_ECHO_REPLY6)) {
    read_echo(r, word);
    r->checksum = request_checksum(r, check);
    return 0;
  }
  enum wire_kind kind = icmp_kind(r->family, r->icmp_type, r->icmp_code);
  if (kind == WIRE_NONE) return -ENOMSG;
  if (kind == WIRE_TOO_BIG) { /* RFC 1191 4, RFC 4443 3.2 */
    if (r->family == 4) word &= 0xffff;
    r->mtu = (uint16_t)(word < 0xffff ? word : 0xffff);
  }
  size_t quoted = bytes_left(&b);
  int length = quote_length(r, word);
  if (length >= 0) quoted = ext_split(b.p, quoted, (size_t)length, cut, r);
  int err = quote_parse(b.p, quoted, r->family, r);
  if (!err) r->kind = (uint8_t)kind;
  return err;
}
