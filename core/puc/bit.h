/* SPDX-License-Identifier: MIT
 *
 * bit.h: the module bit of LuaJIT, for the Lua without it.
 */
#ifndef PUC_BIT_H
#define PUC_BIT_H

#include <lauxlib.h>
#include <lua.h>

/* bit_functions: tobit, bnot, band, bor, bxor, lshift, rshift, arshift, rol,
 * ror, bswap, tohex. Results are signed numbers of 32 bits. Ends with NULL. */
extern const luaL_Reg bit_functions[];

#endif
