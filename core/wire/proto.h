/* SPDX-License-Identifier: MIT
 *
 * proto.h: the numbers of the protocols on the wire, each with the section that
 * defines it. Numbers alone, no layout. The prefix keeps them apart from the
 * macros of the system's netinet headers.
 */
#ifndef WIRE_PROTO_H
#define WIRE_PROTO_H

/* Sizes in bytes. */
enum {
  PROTO_IPV4_HEADER = 20,     /* without options; RFC 791 3.1 */
  PROTO_IPV6_HEADER = 40,     /* RFC 8200 3 */
  PROTO_ICMP_HEADER = 8,      /* with the message's word; RFC 792, 4443 2.1 */
  PROTO_UDP_HEADER = 8,       /* RFC 768 */
  PROTO_TCP_HEADER = 20,      /* without options; RFC 9293 3.1 */
  PROTO_TCP_MSS_SIZE = 4,     /* of the option; RFC 9293 3.2 */
  PROTO_PACKET_MAX = 65535    /* RFC 791 3.1, and our limit for IPv6 */
};

/* Next header values of IPv6; RFC 8200 4, RFC 4302 2 (AH), RFC 4443 1. */
enum {
  PROTO_HOP_BY_HOP = 0,
  PROTO_ROUTING = 43,
  PROTO_FRAGMENT = 44,
  PROTO_AH = 51,
  PROTO_ICMPV6 = 58,
  PROTO_DEST_OPTS = 60
};

/* IPv4 flags and fragment offset, one 16-bit field; RFC 791 3.1. The offset of
 * IPv6's fragment header; RFC 8200 4.5. */
enum {
  PROTO_IPV4_DF = 0x4000,
  PROTO_IPV4_OFFSET = 0x1fff, PROTO_IPV4_MORE = 0x2000,
  PROTO_IPV6_OFFSET = 0xfff8, PROTO_IPV6_MORE = 1
};

/* ICMP types; RFC 792. */
enum {
  PROTO_ECHO_REPLY = 0,
  PROTO_UNREACH = 3,
  PROTO_QUENCH = 4,           /* deprecated by RFC 6633 */
  PROTO_REDIRECT = 5,
  PROTO_ECHO = 8,
  PROTO_EXCEEDED = 11,
  PROTO_PARAMETER = 12
};

/* ICMPv6 types; RFC 4443 3 and 4. */
enum {
  PROTO_UNREACH6 = 1,
  PROTO_TOO_BIG6 = 2,
  PROTO_EXCEEDED6 = 3,
  PROTO_PARAMETER6 = 4,
  PROTO_ECHO6 = 128,
  PROTO_ECHO_REPLY6 = 129
};

/* ICMP codes with a special meaning; RFC 792, RFC 1191 4, RFC 4443 3.3. */
enum {
  PROTO_NEED_FRAGMENT = 4,    /* of unreachable */
  PROTO_IN_TRANSIT = 0        /* of time exceeded; 1 is reassembly */
};

/* TCP flags and options; RFC 9293 3.1, 3.2. */
enum {
  PROTO_TCP_FIN = 0x01,
  PROTO_TCP_SYN = 0x02,
  PROTO_TCP_RST = 0x04,
  PROTO_TCP_PSH = 0x08,
  PROTO_TCP_ACK = 0x10,
  PROTO_TCP_URG = 0x20,
  PROTO_TCP_END = 0,
  PROTO_TCP_NOP = 1,
  PROTO_TCP_MSS = 2
};

#endif
