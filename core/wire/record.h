/* SPDX-License-Identifier: MIT
 *
 * record.h: probes and replies as the engine and its transports exchange them.
 * A transport takes struct wire_probe and gives struct wire_reply. Transports
 * that carry packets convert them to bytes and back with wire/build and
 * wire/parse. Numbers are in host order. Addresses are 16 bytes in network
 * order; IPv4 uses the first four, and the others are zero.
 */
#ifndef WIRE_RECORD_H
#define WIRE_RECORD_H

#include <stdint.h>

enum { WIRE_ICMP = 1, WIRE_TCP = 6, WIRE_UDP = 17 };  /* IP protocol numbers */
enum { WIRE_PARIS, WIRE_CLASSIC, WIRE_DUBLIN };       /* as MTR_PARIS ... */

/* A probe to send. Its identity is |id| (1..0x8000), which a reply returns. It
 * is in the sequence number of ICMP, the checksum of UDP, or the upper half of
 * the TCP sequence number. IPv4 has another one, |ip_id|, in its identification
 * field. */
struct wire_probe {
  uint8_t src[16];
  uint8_t dst[16];
  const uint8_t *payload;  /* borrowed; NULL with payload_size 0 */
  uint16_t payload_size;   /* bytes */
  uint16_t size;           /* of the whole IP packet; 0: protocol default */
  uint16_t id;             /* 1..0x8000 */
  uint16_t ip_id;          /* IPv4 identification; 0: |id| */
  uint16_t cookie;         /* below 0x8000; lower half of TCP's numbers */
  uint16_t sport;          /* source port; ICMP: the echo identifier */
  uint16_t dport;          /* destination port; ICMP: unused */
  uint16_t checksum;       /* ICMP paris: the constant checksum of the flow */
  uint8_t family;          /* 4, 6 */
  uint8_t protocol;        /* WIRE_ICMP ... */
  uint8_t multipath;       /* WIRE_PARIS ... */
  uint8_t ttl;
  uint8_t tos;
  uint8_t dont_fragment;   /* IPv4 DF */
  uint8_t tcp_flags;       /* TCP header flags: SYN or ACK */
  uint8_t by_source;       /* 1: |src| was asked for; routing must use it */
  uint8_t fill;            /* byte that fills the packet up to |size| */
  uint32_t flow_label;     /* IPv6, 20 bits */
  uint32_t interface;      /* index; 0: any; for the transport, not in bytes */
  uint32_t mark;           /* SO_MARK; 0: none; likewise */
  uint32_t handle;         /* of the probe, for transports without packets */
  uint32_t timeout_ms;     /* how long the engine waits for an answer */
};

/* Errors that quote no port or identifier of ours, and are nobody's. */
enum {
  WIRE_FOREIGN,            /* they quote packets of other hosts */
  WIRE_HIDDEN,             /* what they quote shows no port, or another's */
  WIRE_STRAYS
};

/* The kind of a reply. */
enum wire_kind {
  WIRE_NONE,
  WIRE_ECHO_REPLY,
  WIRE_TIME_EXCEEDED,      /* code 0 only: in transit */
  WIRE_UNREACH,            /* destination unreachable, except too big */
  WIRE_TOO_BIG,            /* ICMP 3/4, ICMPv6 2: |mtu| */
  WIRE_OTHER,              /* any other ICMP error; its sender is not a hop */
  WIRE_TCP_REPLY,          /* SYN/ACK, RST or ACK */
  WIRE_UDP_REPLY,          /* data from an open port */
  WIRE_ERROR               /* no reply: the probe failed later, see |error| */
};

/* Flags of a reply. */
enum {
  WIRE_QUOTE = 1 << 0,     /* the quoted fields have a quote */
  WIRE_TRUNCATED = 1 << 1, /* fewer than 8 transport bytes quoted: only ip_id */
  WIRE_EXT_BAD = 1 << 2,   /* extension objects are cut short or damaged, or
                            * their place is in other units than RFC 4884's */
  WIRE_WEAK = 1 << 3       /* with |handle|: it shows only the ports of its
                            * probe, which somebody may guess */
};

/* A reply as received. Ports and ids are those of the probe: for a direct
 * reply, source and destination are exchanged. */
struct wire_reply {
  uint8_t from[16];
  uint8_t to[16];
  uint8_t quoted_src[16];  /* equal to |to| unless a NAT rewrote it */
  uint8_t quoted_dst[16];  /* of the probe; of a direct reply: |from| */
  int64_t at;              /* ns, monotonic; set by the transport */
  const uint8_t *ext;      /* extension objects, without the 4-byte header */
  uint16_t ext_size;       /* bytes, whole objects only, a multiple of 4 */
  uint16_t flags;          /* WIRE_QUOTE ... */
  uint16_t id;             /* 0: none; see struct wire_probe */
  uint16_t ip_id;          /* quoted IPv4 identification; 0: none */
  uint16_t sport;          /* the probe's source port or echo identifier */
  uint16_t dport;          /* the probe's destination port */
  uint16_t size;           /* whole IP packet as received */
  uint16_t reply_id;       /* IPv4 identification of the reply itself */
  uint16_t mtu;            /* WIRE_TOO_BIG: of the next hop; TCP: the MSS */
  uint16_t quoted_size;    /* IP length as quoted */
  uint8_t kind;            /* enum wire_kind */
  uint8_t family;          /* 4, 6 */
  uint8_t protocol;        /* of the reply itself: WIRE_ICMP ... */
  uint8_t quoted_protocol; /* of the probe */
  uint8_t icmp_type;
  uint8_t icmp_code;
  uint8_t ttl;             /* of the reply */
  uint8_t tos;             /* of the reply */
  uint8_t tcp_flags;
  uint8_t quoted_ttl;
  uint8_t quoted_tos;
  uint8_t kernel_time;     /* |at| is the kernel's stamp */
  uint16_t tcp_low;        /* lower half of the TCP number that gave |id| */
  uint16_t checksum;       /* ICMP: the probe's, as quoted or by an echo; 0 */
  uint16_t error;          /* WIRE_ERROR: errno; EAGAIN: it may be sent again */
  uint32_t flow_label;     /* quoted IPv6 flow label */
  uint32_t handle;         /* of the probe, if the transport knows it; else 0 */
};

#endif
