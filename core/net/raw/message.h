/* SPDX-License-Identifier: MIT
 *
 * message.h: what an engine and mtr-sockets write to each other. mtr-sockets is
 * started with two sockets of type SOCK_SEQPACKET: through the standard input
 * it is asked, and answers; to the standard output it writes the packets that
 * have come. Both programs are from one build, so there are no versions.
 */
#ifndef RAW_MESSAGE_H
#define RAW_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "net/raw/kinds.h"

/* What is asked, in |what|. */
enum {
  MESSAGE_HELLO = 1,     /* who the engine is: identifiers and ports. With it
                          * come sockets bound to |port_base|, UDP and TCP */
  MESSAGE_PORT,          /* |port| too. With it comes a socket bound to it */
  MESSAGE_REFUSE,        /* the filters shall refuse |kind|: FILTER_... */
  MESSAGE_HEAR,          /* the socket number |kind| shall listen */
  MESSAGE_SEND,          /* |count| packets follow, each with its header */
  MESSAGE_LIVES          /* does it still run? The answer is MESSAGE_HERE */
};

/* A message of only this |kind|, without a packet, answers MESSAGE_LIVES. It
 * comes through the same socket as the packets, after those that waited. */
enum { MESSAGE_HERE = RAW_FDS };

enum { MESSAGE_ROOM = RAW_BATCH * (RAW_SNAP + 128) };   /* bytes of a message */

struct message_ask {
  uint32_t what;
  uint32_t kind;         /* RAW_ICMP4 ..., or what to refuse */
  uint32_t count;
  uint32_t family;       /* of the packets: 4, 6 */
  uint32_t most;         /* packets in one call to the kernel */
  uint16_t echo_base, echo_count;
  uint16_t port_base;    /* of NET_PORTS ports */
  uint16_t port;
};

/* Before each packet, and before each packet's header: multiples of 8 bytes. */
struct message_packet {
  uint32_t size;         /* bytes of the packet */
  uint32_t interface;    /* index, 0 any */
  uint32_t by_source;    /* 1: routing must use the packet's source */
  uint32_t mtu;          /* cut it into fragments of so many bytes; 0: do not */
  uint32_t id;           /* identification of fragments of IPv6 */
  uint32_t unused;
};

/* One call to the kernel. */
struct message_run {
  int64_t start, end;    /* ns, monotonic */
  int32_t sent;          /* packets */
  int32_t error;         /* errno of the packet behind them; 0: none */
};

struct message_answer {
  int32_t code;          /* 0 or a negative errno */
  uint32_t have;         /* after HELLO: sockets_have */
  uint32_t able;         /* after HELLO: sockets_able */
  uint32_t runs;         /* after SEND */
  struct message_run run[RAW_BATCH + 1];
};

/* Before each packet that has come. */
struct message_reply {
  uint32_t kind;         /* the socket: RAW_ICMP4 ... */
  uint32_t size;         /* bytes that follow */
  uint32_t whole;        /* bytes that arrived */
  uint32_t drops;        /* SO_RXQ_OVFL of its socket */
  int64_t at;            /* ns, time of day, by the kernel; 0: unknown */
  uint8_t ttl, tos;      /* IPv6 */
  uint8_t unused[6];
  uint8_t from[16];
  uint8_t to[16];        /* IPv6 */
};

/* message_padded: returns |size| as a multiple of 8. */
static inline size_t message_padded(size_t size) { return (size + 7) / 8 * 8; }

#endif
