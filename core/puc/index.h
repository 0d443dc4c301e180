/* SPDX-License-Identifier: MIT
 *
 * index.h: reads and writes elements and members of a cdata.
 */
#ifndef PUC_INDEX_H
#define PUC_INDEX_H

#include "puc/cdata.h"

/* Metamethods: __index, __newindex, and __add, which moves a pointer forward.
 * The second upvalue maps the names of members to their numbers. */
int index_read(lua_State *L);
int index_write(lua_State *L);
int index_add(lua_State *L);

#endif
