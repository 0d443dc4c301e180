/* SPDX-License-Identifier: MIT
 *
 * trip.h: a packet on its way through a simulated network, and how its way
 * ended.
 */
#ifndef SIM_TRIP_H
#define SIM_TRIP_H

#include <stddef.h>
#include <stdint.h>

enum { TRIP_NATS = 4 };  /* most translators on one way */

/* A translation that a packet went through. */
struct trip_nat {
  uint32_t node;
  uint16_t port;         /* and |addr|: before the translation */
  uint8_t addr[16];
};

struct trip {
  uint8_t *packet;       /* changed on the way */
  size_t size;
  uint32_t node;         /* where it is now */
  uint32_t came;         /* the link that it came by; TOPO_NONE at its origin */
  int64_t at;            /* ns; the time there */
  unsigned copies;       /* how many copies of it arrive */
  int truth;             /* 1: no chance, no rate limits */
  int back;              /* 1: it is a reply */
  unsigned nats;
  struct trip_nat nat[TRIP_NATS];
};

enum trip_end {
  TRIP_LOST,
  TRIP_ARRIVED,          /* at its destination */
  TRIP_EXPIRED,
  TRIP_UNREACH,          /* |code| */
  TRIP_TOO_BIG,          /* |mtu| */
  TRIP_SERVED,           /* a filter answers as a port: |code| is its state */
  TRIP_REFUSED           /* not sent: |code| is an errno */
};

struct trip_result {
  enum trip_end end;
  unsigned code;
  uint32_t mtu;
};

#endif
