/* SPDX-License-Identifier: MIT
 *
 * engine.h: what is behind struct mtr: a loop with its core and transport, the
 * configuration it was opened with, and the payloads that traces borrow.
 */
#ifndef API_ENGINE_H
#define API_ENGINE_H

#include "api/ahead.h"
#include "api/json.h"
#include "loop/loop.h"
#include "mtr.h"

struct payload {
  uint8_t *bytes;        /* owned */
  uint32_t size;
};

struct mtr {
  struct loop loop;
  struct mtr_config config;
  struct mtr_sim *sim;   /* the network, if it is a simulated one */
  uint32_t interface;    /* index of config.interface */
  uint32_t mark;         /* of every probe, unless the sockets have it */
  uint32_t label;        /* IPv6 flow label of flow 0 */
  uint8_t *ours;         /* a page that a forked child finds zeroed */
  struct payload *payloads;
  uint32_t payload_count;
  struct replies replies;            /* of the result being written */
  struct ahead ahead;    /* of it */
  char why[256];         /* of the last failed call */
};

/* engine_because: notes |text| as the reason and returns |err|. */
int engine_because(struct mtr *m, int err, const char *text);

/* engine_not_ours: says in |why|[|size|] that |addr| of |family|, which
 * |option| gave, is no address of this host. */
void engine_not_ours(char *why, size_t size, const char *option, int family,
                     const uint8_t *addr);

#endif
