/* SPDX-License-Identifier: MIT
 *
 * embed.h: the Lua layer as source text inside the program. embed.awk writes
 * the table.
 */
#ifndef PROGRAM_EMBED_H
#define PROGRAM_EMBED_H

/* One file of the Lua layer. */
struct embed_module {
  const char *name;      /* for require; NULL ends the table */
  const char *chunk;     /* chunk name, "@lua/mtr/..." */
  const char *text;
  const char *end;       /* just behind the text */
};

extern const struct embed_module embed_modules[];

#endif
