/* SPDX-License-Identifier: MIT
 *
 * trip.h: a packet on its way through a simulated network, and where its way
 * ended.
 */
#ifndef SIM_TRIP_H
#define SIM_TRIP_H

#include <stddef.h>
#include <stdint.h>

enum { TRIP_NATS = 4 };  /* translators on one way at most */

/* A translation that a packet went through. */
struct trip_nat {
  uint32_t node;
  uint16_t port;         /* before */
  uint8_t addr[16];
};

struct trip {
  uint8_t *packet;       /* changed on the way */
  size_t size;
  uint32_t node;         /* where it is */
  uint32_t came;         /* by which link; TOPO_NONE at its origin */
  int64_t at;            /* ns; when */
  unsigned copies;       /* as which it arrives */
  int truth;             /* 1: nothing gets lost, nothing is counted */
  int back;              /* 1: it is a reply */
  unsigned nats;
  struct trip_nat nat[TRIP_NATS];
};

enum trip_end {
  TRIP_LOST,
  TRIP_ARRIVED,          /* at a node that it is for */
  TRIP_EXPIRED,
  TRIP_UNREACH,          /* |code| */
  TRIP_TOO_BIG,          /* |mtu| */
  TRIP_SERVED,           /* a filter is its port: |code| is the state */
  TRIP_REFUSED           /* not sent: |code| is an errno */
};

struct trip_result {
  enum trip_end end;
  unsigned code;
  uint32_t mtu;
};

#endif
