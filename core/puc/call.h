/* SPDX-License-Identifier: MIT
 *
 * call.h: checks the arguments of C functions, which declared.c calls. A wrong
 * one raises a Lua error.
 */
#ifndef PUC_CALL_H
#define PUC_CALL_H

#include "puc/cdata.h"

enum {                   /* flags of an argument that points to memory */
  CALL_NULL = 1,         /* nil is allowed */
  CALL_READ = 2,         /* to const: a readonly cdata and, for bytes, a Lua
                          * string are allowed */
  CALL_FILLED = 8,       /* pointers, none of which is NULL */
  CALL_BYTES = 4         /* any type of 1 byte; with type CALL_ANY any type */
};
enum { CALL_ANY = 255 };

/* call_memory: returns the address of at least |count| elements of |type|, or
 * raises. NULL: nil, which is also allowed for no elements. */
void *call_memory(lua_State *L, int i, uint8_t type, size_t count, int flags);

/* call_text: returns a text that ends with a zero byte: a Lua string, or bytes
 * with a zero among them. */
const char *call_text(lua_State *L, int i);

/* call_object: returns the pointer to an opaque |type|. call_close: marks it as
 * closed, after C has freed it. */
void *call_object(lua_State *L, int i, uint8_t type, int flags);
void call_close(lua_State *L, int i);

/* call_stream: returns the FILE of an open file of Lua's io. */
void *call_stream(lua_State *L, int i);

/* call_double: returns a number. */
double call_double(lua_State *L, int i);

/* call_result: pushes a pointer that a function returns; NULL becomes nil. */
int call_result(lua_State *L, uint8_t type, const void *at, size_t count,
                int readonly);

#endif
