/* SPDX-License-Identifier: MIT
 *
 * ports.h: source ports that are ours: each is held by a bound socket that
 * never sends or receives, so that no other program gets the port and the
 * kernel does not answer for it. The engine's own are one block of 1,024,
 * outside the range from which the kernel hands out ephemeral ports; users may
 * ask for others.
 */
#ifndef HOST_PORTS_H
#define HOST_PORTS_H

#include <stdint.h>

#include "base/rand.h"

struct ports {
  uint16_t base;         /* first of the block */
  uint32_t count;        /* held */
  uint32_t room;         /* in |held| */
  struct port {
    uint16_t number;
    uint8_t protocol;
    int fd;
  } *held;               /* in order of reservation */
};

/* ports_open: picks a block whose first ports are free, at random. 0 or
 * -EADDRINUSE, -EMFILE, -ENOMEM. */
int ports_open(struct ports *p, struct rand *rand);

/* ports_hold: holds |number| for |protocol|, IPv4 and IPv6 alike. 0, 1 if it
 * was held already, or -EADDRINUSE, -EACCES, -EMFILE, -ENOMEM. */
int ports_hold(struct ports *p, int protocol, uint16_t number);

/* ports_close: lets go of all. */
void ports_close(struct ports *p);

#endif
