/* SPDX-License-Identifier: MIT
 *
 * payload.h: the payloads that traces borrow. Equal payloads are kept once. All
 * live as long as the engine.
 */
#ifndef API_PAYLOAD_H
#define API_PAYLOAD_H

#include <stdint.h>

struct payload {
  uint8_t *bytes;        /* owned */
  uint32_t size;
};

/* All zero at first. */
struct payloads {
  struct payload *list;  /* [count], owned */
  uint32_t count;
};

/* payload_keep: copies |bytes|[|size|] and returns its number, 1 or more; 0 if
 * |size| is 0. -EMSGSIZE: larger than any packet; -ENOMEM. */
int payload_keep(struct payloads *p, const uint8_t *bytes, uint32_t size);

/* payload_close: frees all. */
void payload_close(struct payloads *p);

#endif
