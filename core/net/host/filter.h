/* SPDX-License-Identifier: MIT
 *
 * filter.h: the socket filters (classic BPF) that keep other programs' traffic
 * from ever reaching us. ICMP errors pass if what they quote is ours by echo
 * identifier or source port; and if the quoted source is not the address that
 * the error came to: then a translator rewrote it, and the engine looks closer.
 */
#ifndef HOST_FILTER_H
#define HOST_FILTER_H

#include <stdint.h>

enum { FILTER_PORTS = 64 };

/* What is ours. */
struct filter {
  uint16_t echo_base, echo_count;   /* echo identifiers */
  uint16_t port_base, port_count;   /* the block of source ports */
  uint16_t port[FILTER_PORTS];      /* others, asked for by users */
  uint16_t ports;                   /* how many of those */
};

/* filter_attach: sets the filter for a raw socket of |family| (4, 6) and IP
 * |protocol|. 0 or -errno. */
int filter_attach(int fd, const struct filter *f, int family, int protocol);

/* filter_ring: sets the filter for a packet socket that shows IP packets of
 * |family| from their first byte: what came for this host and is ours by any
 * protocol. Of fragments the first alone has the ports. Packets are cut to
 * |snap| bytes. 0 or -errno. */
int filter_ring(int fd, const struct filter *f, int family, uint32_t snap);

/* filter_none: sets a filter that drops everything. 0 or -errno. */
int filter_none(int fd);

#endif
