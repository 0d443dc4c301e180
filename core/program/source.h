/* SPDX-License-Identifier: MIT
 *
 * source.h: finds a script by its name and reads it.
 */
#ifndef PROGRAM_SOURCE_H
#define PROGRAM_SOURCE_H

#include <limits.h>
#include <stddef.h>

/* The text of a script. */
struct source {
  char name[PATH_MAX + 2]; /* chunk name: "@path", "=stdin" */
  char *text;            /* owned; NULL when not read */
  size_t size;           /* bytes of |text| */
  int installed;         /* 1: it came with this program */
};

/* source_read: reads the script |name|: "-" is standard input. A name without a
 * slash is looked for among the scripts installed with this program, with
 * ".lua" or as given; if the name ends with ".lua", in the current directory
 * before. If the first line starts with '#', it becomes blanks. Returns 0 or a
 * negative errno; the caller frees. */
int source_read(struct source *s, const char *name);

/* source_passed: returns 1 if the current directory has a file |name| that is
 * not used because the name has no slash, else 0. */
int source_passed(const char *name);

/* The most programs that are listed, and the bytes of a name with its end. */
enum { SOURCE_PROGRAMS = 32, SOURCE_NAME = 32 };

/* source_programs: fills |names| with the names of the installed scripts, in
 * alphabetical order, SOURCE_PROGRAMS at most. Returns how many there are. */
int source_programs(char names[][SOURCE_NAME]);

/* source_about: writes into |text|[|size|] what the installed script |name|
 * does, as its head says: what follows "-- NAME: ", up to the first comma or
 * the end of the sentence. Writes "" if it does not say so. */
void source_about(const char *name, char *text, size_t size);

/* source_free: frees the text. */
void source_free(struct source *s);

#endif
