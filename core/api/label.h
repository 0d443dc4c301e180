/* SPDX-License-Identifier: MIT
 *
 * label.h: what the caller knows of addresses, such as their names, as members
 * of JSON objects: results are written with them. A table by address.
 */
#ifndef API_LABEL_H
#define API_LABEL_H

#include <stddef.h>
#include <stdint.h>

struct mtr_event;

struct label {
  uint8_t addr[16];
  uint8_t family;        /* 0: this place is free */
  uint32_t size;         /* bytes of |text| */
  char *text;            /* members, each behind a comma; NULL: none yet */
};

/* All zero at first: the table of an engine that has no labels. */
struct labels {
  struct label *all;     /* [room], by hash; owned */
  uint32_t room, count;
};

/* label_find: returns the label of |addr|, or NULL. Borrowed until the next
 * change. */
const struct label *label_find(const struct labels *t, const uint8_t *addr,
                               unsigned family);

/* label_set: sets the text of |addr|; |size| 0: none. 0 or -ENOMEM. */
int label_set(struct labels *t, const uint8_t *addr, unsigned family,
              const char *text, uint32_t size);

/* label_clear: removes all of them. */
void label_clear(struct labels *t);

#endif
