/* SPDX-License-Identifier: MIT
 *
 * embed.h: the Lua layer inside the program, as source text and compiled.
 * Compiled code loads several times faster, but only the LuaJIT that compiled
 * it understands it. embed.lua writes the table.
 */
#ifndef PROGRAM_EMBED_H
#define PROGRAM_EMBED_H

/* One file of the Lua layer. */
struct embed_module {
  const char *name;      /* for require; NULL ends the table */
  const char *chunk;     /* chunk name, "@lua/mtr/..." */
  const char *text;
  const char *text_end;  /* just behind the text */
  const char *code;
  const char *code_end;
};

extern const struct embed_module embed_modules[];

/* The version of LuaJIT that compiled them, as jit.version says it. */
extern const char embed_compiler[];

#endif
