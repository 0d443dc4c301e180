/* SPDX-License-Identifier: MIT
 *
 * signals.h: how mtrlua handles SIGINT (^C), SIGTERM and SIGPIPE.
 *
 * The first SIGINT or SIGTERM is counted and makes a descriptor readable, which
 * ends any wait of the engine: the traces end and the script goes on. The
 * second exits at once, from the handler, so that even a compiled Lua loop,
 * which runs no hooks, cannot delay it. SIGPIPE counts like SIGINT if standard
 * output has no reader any more; otherwise it is ignored.
 */
#ifndef PROGRAM_SIGNALS_H
#define PROGRAM_SIGNALS_H

/* signals_start: installs the handlers. Returns the descriptor that a signal
 * makes readable, or a negative errno. Call it once per process. */
int signals_start(void);

/* signals_count: returns 1 after the first signal, 0 before. */
int signals_count(void);

/* signals_clear: empties the descriptor. */
void signals_clear(void);

/* signals_status: returns 128 + the first signal, or 0 if there was none. */
int signals_status(void);

#endif
