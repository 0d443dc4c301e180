/* SPDX-License-Identifier: MIT
 *
 * guard.h: what an engine may send: whole packets from an address of this host,
 * to one host, without IP options, extension headers or fragments; echo
 * requests with its identifiers; UDP, and TCP with only SYN or only ACK, from
 * its own ports.
 */
#ifndef SOCKETS_GUARD_H
#define SOCKETS_GUARD_H

#include <stddef.h>
#include <stdint.h>

#include "net/host/filter.h"

enum { GUARD_SOURCES = 8 };

/* The engine, and the addresses that were ours when last asked. */
struct guard {
  struct filter who;     /* its identifiers and ports */
  struct guard_source {
    uint8_t addr[16];
    uint32_t family;     /* 0: an empty place */
    uint32_t scope;
    int64_t until;       /* ns; ask again then */
  } source[GUARD_SOURCES];
  unsigned next;         /* the place to use next */
};

/* A packet that may be sent. */
struct guard_packet {
  uint8_t src[16], dst[16];
  uint8_t protocol;      /* as on the wire */
  uint8_t tos;
};

/* guard_check: returns 0 and fills |out| if the engine may send
 * |packet|[|size|] of |family| through the interface |scope|, 0 any. -EPERM:
 * no; -EACCES: to a group; -EADDRNOTAVAIL: from an address that is not
 * ours. */
int guard_check(struct guard *g, int family, const uint8_t *packet, size_t size,
                uint32_t scope, int64_t now, struct guard_packet *out);

#endif
