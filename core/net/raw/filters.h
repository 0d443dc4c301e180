/* SPDX-License-Identifier: MIT
 *
 * filters.h: the filters of the raw sockets, which whoever has these sockets
 * sets: this process or mtr-sockets.
 */
#ifndef RAW_FILTERS_H
#define RAW_FILTERS_H

#include "net/raw/state.h"

/* filters_set: sets them as |raw|->filter says. 0 or -errno. */
int filters_set(struct raw *raw);

/* filters_watch: has them refuse the errors that somebody has flooded us with
 * lately (net.h, flooded), and no longer those of an older flood. Returns 1 if
 * they changed. */
int filters_watch(struct raw *raw, int64_t now);

#endif
