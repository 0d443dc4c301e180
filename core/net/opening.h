/* SPDX-License-Identifier: MIT
 *
 * opening.h: what an engine gives to the transport that it opens. Each room of
 * core/net has a function NAME_start for it, which is in the table of
 * transports (core/api/transport.c).
 *
 * This function opens a transport into |*net| and returns 0 or a negative
 * errno. It writes into |why| why this transport is used, or what is missing.
 */
#ifndef NET_OPENING_H
#define NET_OPENING_H

#include <errno.h>

#include "mtr.h"
#include "net/net.h"

struct net_opening {
  const struct mtr_config *config;
  struct mtr_sim *sim;   /* the simulated network; NULL: none */
  uint64_t seed;         /* of every choice; a replay sets that of its run */
  int64_t (*clock)(void);            /* ns, monotonic */
  int asked;             /* 1: this transport was asked for by its name, 0:
                          * auto tries it */
  char lacks[160];       /* auto: what the transports tried before it lack; "":
                          * nothing. One that fails may replace it */
  char *why;             /* "" at first */
  uint32_t size;         /* bytes of |why| */
};

/* opening_denied: returns 1 if |err| means that a privilege is missing. */
static inline int opening_denied(int err) {
  return err == -EPERM || err == -EACCES;
}

#endif
