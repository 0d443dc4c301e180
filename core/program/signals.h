/* SPDX-License-Identifier: MIT
 *
 * signals.h: how mtrlua handles SIGINT (^C), SIGTERM and SIGPIPE.
 *
 * The first SIGINT or SIGTERM prints a message, is counted, and makes a
 * descriptor readable, which ends any wait of the engine. The second, or the
 * end of the time of grace, ends the process at once, from the handler, so that
 * even a compiled Lua loop, which runs no hooks, cannot delay it. SIGPIPE
 * counts like SIGINT, without a message, if standard output has no reader any
 * more; otherwise, and always in a server, it is ignored. SIGUSR1 and SIGUSR2
 * only count: faster, and slower. SIGXFSZ does nothing, so that the write that
 * caused it fails with EFBIG.
 */
#ifndef PROGRAM_SIGNALS_H
#define PROGRAM_SIGNALS_H

#include <stdint.h>

/* signals_start: installs the handlers. After the first signal the process has
 * |grace_ms| left. Returns the descriptor that a signal makes readable, or a
 * negative errno. Call it once per process. */
int signals_start(uint32_t grace_ms);

/* signals_count: returns 1 after the first signal, 0 before. */
int signals_count(void);

/* signals_cell: returns the place of that count, for callers that read it
 * often.
 */
volatile int32_t *signals_cell(void);

/* signals_limit: ends the process after |ms| as by SIGTERM, but by SIGXCPU and
 * with another message; and at the latest |grace_ms| and a second later by
 * SIGKILL. |*timer|: the kernel's number of the timer of the grace. 0 or a
 * negative errno. */
int signals_limit(uint32_t ms, uint32_t grace_ms, uint32_t *timer);

/* signals_speed: returns how many more SIGUSR1 than SIGUSR2 came since the
 * last call. */
int signals_speed(void);

/* signals_serve: says that this program serves others, so that it goes on when
 * nobody reads its standard output and standard error any more. */
void signals_serve(void);

/* signals_interactive: lets SIGINT call |hook|, in the handler, and nothing
 * else but count; the second one still ends the process. signals_forgive:
 * forgets a SIGINT. Returns 1, or 0: the signal was another one. */
void signals_interactive(void (*hook)(void));
int signals_forgive(void);

/* signals_clear: empties the descriptor. */
void signals_clear(void);

/* signals_status: returns 128 + the first signal, or 0 if there was none. */
int signals_status(void);

#endif
