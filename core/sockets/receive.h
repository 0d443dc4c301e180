/* SPDX-License-Identifier: MIT
 *
 * receive.h: reads what has come, in batches.
 */
#ifndef SOCKETS_RECEIVE_H
#define SOCKETS_RECEIVE_H

#include "sockets/state.h"

/* receive_packets: reads from the socket |kind| into |m|. Returns how many
 * packets, RAW_BATCH at most. */
int receive_packets(struct serve *s, int kind, struct serve_message *m);

#endif
