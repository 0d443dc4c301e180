/* SPDX-License-Identifier: MIT
 *
 * ports.h: reserves source ports. Each port is bound by a socket that never
 * sends or receives, so that no other program gets it and the kernel does not
 * answer for it. The engine uses a block of 1,024 ports outside the kernel's
 * range of ephemeral ports. Users may ask for other ports.
 */
#ifndef HOST_PORTS_H
#define HOST_PORTS_H

#include <stdint.h>

#include "base/rand.h"

/* The blocks: PORTS_BLOCKS of NET_PORTS ports each, the first from PORTS_FIRST
 * on. */
enum { PORTS_FIRST = 16384, PORTS_BLOCKS = 16 };

struct ports {
  uint16_t base;         /* first of the block */
  uint32_t count;        /* ports reserved */
  uint32_t room;         /* entries that |reserved| has room for */
  struct port {
    uint16_t number;
    uint8_t protocol;
    int fd;
  } *reserved;           /* in order of reservation */
};

/* ports_open: chooses, at random, a block whose first ports are free. 0 or
 * -EADDRINUSE, -EMFILE, -ENOMEM. */
int ports_open(struct ports *p, struct rand *rand);

/* ports_reserve: reserves |number| for |protocol| on IPv4 and IPv6. 0; 1 if it
 * was reserved already; or -EADDRINUSE, -EACCES, -EMFILE, -ENOMEM. */
int ports_reserve(struct ports *p, int protocol, uint16_t number);

/* ports_close: frees all ports. */
void ports_close(struct ports *p);

#endif
