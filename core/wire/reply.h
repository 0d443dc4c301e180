/* SPDX-License-Identifier: MIT
 *
 * reply.h: makes the packets that a simulated network sends back to a probe, as
 * parse.h reads them. struct wire_manner says how a router writes its ICMP
 * errors, because real ones differ and make mistakes.
 *
 * Wrong for packets that wire_build did not make: IPv4 options and IPv6
 * extension headers are not expected.
 */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum {
  WIRE_AS_IT_CAME = -1,    /* a quoted field stays as it came */
  WIRE_SWAPPED = -2,       /* ... its bytes are swapped */
  WIRE_ONE_MORE = -3,      /* ... 1 is added to it */
  WIRE_LABELS = 4,         /* entries of a label stack */
  WIRE_CHAIN = 64,         /* most bytes of added extension headers */
  WIRE_ERROR_MAX = 1536    /* bytes of the longest error */
};

/* How a router quotes. */
struct wire_manner {
  int quote;             /* transport bytes; -1: all that fit */
  int ttl;               /* quoted fields, or WIRE_AS_IT_CAME: */
  int size;
  int id;                /* IPv4; also WIRE_SWAPPED, WIRE_ONE_MORE */
  int check;             /* of the transport header */
  int ext_length;        /* length given for the quote; -1: the true one */
  const uint8_t *ext;    /* borrowed: objects; |ext_raw|: the structure */
  const uint8_t *chain;  /* borrowed: IPv6 extension headers to add */
  uint16_t ext_size, chain_size;
  uint8_t ext_raw;
  uint8_t ext_summed;    /* checksum: 0 none, 1 right, 2 wrong */
  uint8_t chain_next;    /* type of the first header of |chain| */
  uint8_t chain_last;    /* offset of the last one */
};

/* An ICMP error. */
struct wire_error {
  uint8_t from[16], to[16];
  uint32_t word;         /* second word of the header, without the length */
  uint8_t type, code;
  uint8_t ttl;           /* of the packet that carries it */
  uint8_t labels;        /* entries of |label| */
  uint32_t label[WIRE_LABELS];         /* top first, as on the wire */
};

/* wire_error: writes the error |e| about |packet|[|size|] into
 * |out|[WIRE_ERROR_MAX], as |m| does; returns its length. */
size_t wire_error(const struct wire_manner *m, const struct wire_error *e,
                  const uint8_t *packet, size_t size, uint8_t *out);

/* wire_pong: writes the echo reply to the ping |packet|, with |ttl| from
 * |from|; |altered|: with another payload. Returns its length: that of the
 * ping. */
size_t wire_pong(const uint8_t *from, int ttl, int altered,
                 const uint8_t *packet, size_t size, uint8_t *out);

/* wire_segment: writes the answer to the TCP probe |packet| from a port that is
 * |open| or not, with the option |mss| unless that is 0. Returns its length. */
size_t wire_segment(const uint8_t *from, int ttl, int open, int mss,
                    const uint8_t *packet, uint8_t *out);

/* wire_datagram: writes the answer of a UDP service, as long as the question.
 * Returns its length. */
size_t wire_datagram(const uint8_t *from, int ttl, const uint8_t *packet,
                     size_t size, uint8_t *out);

/* wire_patch: computes the checksum of the IPv4 header of |packet|; IPv6 has
 * none.
 */
void wire_patch(uint8_t *packet);

/* wire_head: returns the bytes of the IP header of |packet|. wire_ttl,
 * wire_src, wire_dst: return where these fields are. */
static inline size_t wire_head(const uint8_t *packet) {
  return packet[0] >> 4 == 4 ? 20 : 40;
}

static inline uint8_t *wire_ttl(uint8_t *packet) {
  return packet + (packet[0] >> 4 == 4 ? 8 : 7);
}

static inline const uint8_t *wire_src(const uint8_t *packet) {
  return packet + (packet[0] >> 4 == 4 ? 12 : 8);
}

static inline const uint8_t *wire_dst(const uint8_t *packet) {
  return packet + (packet[0] >> 4 == 4 ? 16 : 24);
}

/* wire_protocol: returns the protocol on the wire; for ICMPv6 WIRE_ICMP. */
static inline int wire_protocol(const uint8_t *packet) {
  int number = packet[packet[0] >> 4 == 4 ? 9 : 6];
  return number == 58 ? 1 : number;
}

#endif
