/* SPDX-License-Identifier: MIT
 *
 * prompt.h: what the Lua layer needs for a prompt (mtrlua -i): lines that a
 * user types (line.h), and ^C that ends a line and not the program.
 */
#ifndef PROGRAM_PROMPT_H
#define PROGRAM_PROMPT_H

#include <lua.h>

/* prompt_push: pushes the table "prompt" of "mtr.program", see prompt.c. From
 * now on SIGINT does not end the program. */
void prompt_push(lua_State *L);

#endif
