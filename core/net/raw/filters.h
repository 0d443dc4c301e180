/* SPDX-License-Identifier: MIT
 *
 * filters.h: the filters of the raw sockets. This process or mtr-sockets sets
 * them, whichever has the sockets.
 */
#ifndef RAW_FILTERS_H
#define RAW_FILTERS_H

#include "net/raw/state.h"

/* filters_set: sets them as |raw|->filter says. 0 or -errno. */
int filters_set(struct raw *raw);

/* filters_watch: lets them refuse the kinds of errors that have flooded us
 * lately (net.h, flooded), and accept those of an older flood again. Returns 1
 * if they changed. */
int filters_watch(struct raw *raw, int64_t now);

#endif
