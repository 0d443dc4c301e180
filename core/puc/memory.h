/* SPDX-License-Identifier: MIT
 *
 * memory.h: the functions of LuaJIT's module ffi that make, copy and describe
 * memory, with the same arguments.
 */
#ifndef PUC_MEMORY_H
#define PUC_MEMORY_H

#include "puc/cdata.h"

/* memory_functions: new, cast, copy, fill, string, sizeof, offsetof, gc and
 * typeof, which raises if there is no such type. Ends with NULL. */
extern const luaL_Reg memory_functions[];

#endif
