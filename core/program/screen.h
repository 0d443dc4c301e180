/* SPDX-License-Identifier: MIT
 *
 * screen.h: the functions of terminal.h for Lua.
 */
#ifndef PROGRAM_SCREEN_H
#define PROGRAM_SCREEN_H

#include <lua.h>

/* screen_push: pushes a table of functions. A function that fails returns nil
 * and a positive errno.
 *   open() -> true
 *   check() -> on, rows, columns, fresh    terminal_check; two booleans
 *   draw(text) -> how many bytes were taken
 *   input() -> descriptor
 *   close() */
void screen_push(lua_State *L);

#endif
