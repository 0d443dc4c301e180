/* SPDX-License-Identifier: MIT
 *
 * source.h: finds a script by the name that the user gave and reads it whole.
 */
#ifndef PROGRAM_SOURCE_H
#define PROGRAM_SOURCE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The text of a script. */
struct source {
  char name[PATH_MAX + 2]; /* chunk name: "@path", "=stdin" */
  char *text;            /* owned; NULL when not read */
  size_t size;           /* bytes of it */
  bool installed;        /* it came with this program */
};

/* source_read: reads the script |name|: "-" is standard input; a name without
 * a slash is looked up, with ".lua" and as it is, among the scripts installed
 * with this program, and before that in the current directory if it ends with
 * ".lua" itself. A first line that starts with '#' is blanked out. Returns 0 or
 * a negative errno; the caller frees. */
int source_read(struct source *s, const char *name);

/* source_passed: whether the current directory has a file |name| that is not
 * looked at because the name has no slash. */
bool source_passed(const char *name);

/* source_free: frees the text. */
void source_free(struct source *s);

#endif
