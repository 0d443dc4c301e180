/* SPDX-License-Identifier: MIT */
#include "net/raw/filters.h"

#include "net/raw/helped.h"
#include "net/raw/sockets.h"

static const int64_t PAUSE = 10000000000;    /* ns */

int filters_set(struct raw *raw) {
  if (raw->helped) return helped_hello(raw->helped, &raw->filter, &raw->ports);
  return sockets_filter(raw->fd, &raw->filter);
}

int filters_watch(struct raw *raw, int64_t now) {
  unsigned refuse = 0;
  for (int i = 0; i < WIRE_STRAYS; i++) {
    int64_t at = raw->net.flooded[i];
    if (at && now - at < PAUSE) refuse |= 1u << i;
  }
  if (refuse == raw->filter.refuse) return 0;
  raw->filter.refuse = (uint16_t)refuse;
  filters_set(raw);                    /* if it fails, the one before stays */
  return 1;
}
