/* SPDX-License-Identifier: MIT
 *
 * serve.h: answers one engine: sends its packets and gives it what comes.
 */
#ifndef SOCKETS_SERVE_H
#define SOCKETS_SERVE_H

#include "sockets/state.h"

/* serve_prepare: prepares |s|, whose |fd| and |opened| are set. */
void serve_prepare(struct serve *s);

/* serve_run: serves until the engine ends. */
void serve_run(struct serve *s);

#endif
