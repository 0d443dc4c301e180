/* SPDX-License-Identifier: MIT
 *
 * filter.h: socket filters (classic BPF) that drop traffic of other programs.
 * ICMP errors pass if the quote has an echo identifier or a source port of
 * ours. They also pass if the quoted source differs from the address that the
 * error came to: then a translator has rewritten the quote, and the engine
 * checks it; or if the quote is too short, or begins with extension headers, so
 * that its port is not seen. While somebody floods us with such errors they may
 * be refused.
 */
#ifndef HOST_FILTER_H
#define HOST_FILTER_H

#include <stdint.h>

#include "wire/record.h"

enum { FILTER_PORTS = 64 };

/* Errors that have no identifier or port of ours, as bits of |refuse|. */
enum {
  FILTER_FOREIGN = 1 << WIRE_FOREIGN,        /* the quoted source is not ours */
  FILTER_HIDDEN = 1 << WIRE_HIDDEN           /* the quoted port is not seen */
};

/* The identifiers and ports of this engine. */
struct filter {
  uint16_t echo_base, echo_count;   /* echo identifiers */
  uint16_t port_base, port_count;   /* the block of source ports */
  uint16_t port[FILTER_PORTS];      /* other ports, chosen by users */
  uint16_t ports;                   /* how many |port| has */
  uint16_t refuse;                  /* FILTER_FOREIGN ...; 0: let all in */
};

/* filter_attach: sets the filter for a raw socket of |family| (4, 6) and IP
 * |protocol|. 0 or -errno. */
int filter_attach(int fd, const struct filter *f, int family, int protocol);

/* filter_ring: sets the filter for a packet socket that shows IP packets of
 * |family| from their first byte. Packets to this host pass if they are for
 * this engine, in any protocol; of fragments only the first one, which has the
 * ports. Packets are cut to |snap| bytes. 0 or -errno. */
int filter_ring(int fd, const struct filter *f, int family, uint32_t snap);

/* filter_none: sets a filter that drops everything. 0 or -errno. */
int filter_none(int fd);

#endif
