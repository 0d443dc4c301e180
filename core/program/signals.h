/* SPDX-License-Identifier: MIT
 *
 * signals.h: what ^C, a polite kill and a closed pipe mean to mtrlua.
 *
 * The first SIGINT or SIGTERM is said on standard error, counted, and makes a
 * descriptor readable, which ends whatever wait the engine is in. The second,
 * or the end of a time of grace, ends the process at once, from the handler, so
 * that a compiled Lua loop, which runs no hooks, cannot hold it up. SIGPIPE
 * counts like SIGINT, without a word, when it is standard output that has no
 * reader left, and is ignored otherwise.
 */
#ifndef PROGRAM_SIGNALS_H
#define PROGRAM_SIGNALS_H

#include <stdint.h>

/* signals_start: installs the handlers; after the first signal the process has
 * |grace_ms| left. Returns the descriptor that a signal makes readable, or a
 * negative errno. Once per process. */
int signals_start(uint32_t grace_ms);

/* signals_count: 1 after the first signal, 0 before. */
int signals_count(void);

/* signals_cell: where that count is, for those who read it often. */
volatile int32_t *signals_cell(void);

/* signals_clear: makes the descriptor unreadable again. */
void signals_clear(void);

/* signals_status: 128 + the first signal taken, 0 if none was. */
int signals_status(void);

#endif
