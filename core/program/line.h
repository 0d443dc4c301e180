/* SPDX-License-Identifier: MIT
 *
 * line.h: reads lines that a user types and edits, with GNU readline, which is
 * loaded when it is first needed. Without it, and without a terminal, there is
 * no editing: the caller reads standard input by itself.
 */
#ifndef PROGRAM_LINE_H
#define PROGRAM_LINE_H

/* line_editable: loads readline and the lines of earlier runs in |history| (""
 * or a file). Returns 0; -ENOTTY: standard input or output is no terminal;
 * -ELIBACC: there is no readline. */
int line_editable(const char *history);

/* line_begin: shows |prompt| and begins a line; after line_editable. line_key:
 * takes what the user has typed. Returns 1 when the line is complete, else 0;
 * call it when standard input is readable. line_text: returns that line, NULL
 * at the end of the input; borrowed until the next line_begin. */
void line_begin(const char *prompt);
int line_key(void);
const char *line_text(void);

/* line_end: gives up a line that is not complete, and makes the terminal as it
 * was. */
void line_end(void);

/* line_keep: adds |text| to the history, and saves that in its file. */
void line_keep(const char *text);

/* line_wait: sleeps until one of |fds|[|n|] is readable, at most 64 of them.
 * Returns the index of the first that is, or -1 after a signal. */
int line_wait(const int *fds, int n);

#endif
