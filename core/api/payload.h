/* SPDX-License-Identifier: MIT
 *
 * payload.h: the payloads that traces borrow. One that is given twice is kept
 * once; all live as long as the engine.
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

/* payload_keep: the number, 1 or more, of a payload of |size| |bytes|, which
 * are copied; 0 for none. Errors: -EMSGSIZE (no packet holds it) or -ENOMEM. */
int payload_keep(struct payloads *p, const uint8_t *bytes, uint32_t size);

/* payload_close: frees all. */
void payload_close(struct payloads *p);

#endif
