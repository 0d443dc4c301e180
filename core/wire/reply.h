/* SPDX-License-Identifier: MIT
 *
 * reply.h: the packets that a network sends back to a probe, for the network
 * that is simulated: the other half of build.h, and what parse.h reads. How a
 * box writes its ICMP errors is a struct of its own, for every box errs in its
 * own way.
 *
 * Wrong for packets other than those of wire_build: no IPv4 options and no IPv6
 * extension headers are looked for.
 */
#ifndef WIRE_REPLY_H
#define WIRE_REPLY_H

#include <stddef.h>
#include <stdint.h>

enum {
  WIRE_AS_IT_CAME = -1,    /* a quoted field that is left alone */
  WIRE_SWAPPED = -2,       /* ... whose bytes are swapped */
  WIRE_ONE_MORE = -3,      /* ... to which 1 is added */
  WIRE_LABELS = 4,         /* entries of a label stack */
  WIRE_CHAIN = 64,         /* most bytes of extension headers put in */
  WIRE_ERROR_MAX = 1536    /* bytes of any error */
};

/* How a box quotes. */
struct wire_manner {
  int quote;             /* transport bytes; -1 all that fit */
  int ttl;               /* quoted; each of these, or WIRE_AS_IT_CAME */
  int size;
  int id;                /* IPv4; WIRE_SWAPPED, WIRE_ONE_MORE too */
  int check;             /* of the transport header */
  int ext_length;        /* announced, in its units; -1 the true one */
  const uint8_t *ext;    /* borrowed: objects, or with |ext_raw| all of it */
  const uint8_t *chain;  /* borrowed: IPv6 extension headers put in */
  uint16_t ext_size, chain_size;
  uint8_t ext_raw;
  uint8_t ext_summed;    /* 0 no checksum, 1 the right one, 2 a wrong one */
  uint8_t chain_next;    /* type of the first header of |chain| */
  uint8_t chain_last;    /* where the last one begins */
};

/* An ICMP error. */
struct wire_error {
  uint8_t from[16], to[16];
  uint32_t word;         /* second of the header; but for the length */
  uint8_t type, code;
  uint8_t ttl;           /* of the packet that carries it */
  uint8_t labels;        /* entries of |label| */
  uint32_t label[WIRE_LABELS];         /* top first, as on the wire */
};

/* wire_error: writes the error |e| about |packet|[|size|] into
 * |out|[WIRE_ERROR_MAX], as |m| does; returns its length. */
size_t wire_error(const struct wire_manner *m, const struct wire_error *e,
                  const uint8_t *packet, size_t size, uint8_t *out);

/* wire_pong: the echo reply, sent with |ttl| from |from|, to the ping |packet|;
 * |altered|: with another payload. Returns its length: that of the ping. */
size_t wire_pong(const uint8_t *from, int ttl, int altered,
                 const uint8_t *packet, size_t size, uint8_t *out);

/* wire_segment: the answer to the TCP probe |packet| of a port that is |open|,
 * with the option |mss| unless 0. */
size_t wire_segment(const uint8_t *from, int ttl, int open, int mss,
                    const uint8_t *packet, uint8_t *out);

/* wire_datagram: the answer of a UDP service: as much as it was asked with. */
size_t wire_datagram(const uint8_t *from, int ttl, const uint8_t *packet,
                     size_t size, uint8_t *out);

/* wire_patch: sums the IPv4 header of |packet| anew; of IPv6: nothing. */
void wire_patch(uint8_t *packet);

/* wire_head: bytes of the IP header of |packet|; where things are in it. */
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

/* wire_protocol: as on the wire, but for ICMPv6, which is WIRE_ICMP. */
static inline int wire_protocol(const uint8_t *packet) {
  int number = packet[packet[0] >> 4 == 4 ? 9 : 6];
  return number == 58 ? 1 : number;
}

#endif
