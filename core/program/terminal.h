/* SPDX-License-Identifier: MIT
 *
 * terminal.h: the terminal as a full screen, and as it was before at every end
 * of the program.
 *
 * The screen is taken when the program is in the foreground, and given back at
 * ^Z, at a signal that ends the program, and by terminal_close. If the process
 * dies in any other way (a crash, SIGKILL), a child gives it back: the guard,
 * which does nothing but wait for that.
 */
#ifndef PROGRAM_TERMINAL_H
#define PROGRAM_TERMINAL_H

#include <stddef.h>

struct terminal_state {
  int on;                /* 1: the screen is ours now */
  int fresh;             /* 1: it is empty, because it was taken just now */
  int rows, columns;
};

/* terminal_open: prepares the terminal of standard output; terminal_check
 * takes the screen. 0, -ENOTTY if standard output is no terminal, -EBUSY if it
 * is open already, or another negative errno. */
int terminal_open(void);

/* terminal_check: takes the screen if it is not ours and the program is in the
 * foreground. Call it before each terminal_draw. 0, or -ENOTTY if it is not
 * open. */
int terminal_check(struct terminal_state *out);

/* terminal_draw: writes |bytes|[|size|] to the screen, as much as it takes now.
 * Returns how many bytes it took; 0 also if the screen is not ours; or a
 * negative errno. */
int terminal_draw(const char *bytes, size_t size);

/* terminal_input: returns a descriptor that reads keys, or -ENOTTY. It belongs
 * to the terminal. */
int terminal_input(void);

/* terminal_over: gives the screen back for ever. May be called by a signal
 * handler. */
void terminal_over(void);

/* terminal_close: gives the screen back and ends the guard. Does nothing if the
 * terminal is not open. */
void terminal_close(void);

#endif
