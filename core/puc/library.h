/* SPDX-License-Identifier: MIT
 *
 * library.h: shared libraries whose functions declared.c can call.
 */
#ifndef PUC_LIBRARY_H
#define PUC_LIBRARY_H

#include "puc/cdata.h"

struct library_function {
  const char *name;      /* in Lua; NULL ends a list */
  const char *symbol;    /* in the library */
  void **address;        /* set when the library is loaded */
  lua_CFunction call;    /* takes its arguments from Lua */
};

struct library_constant {
  const char *name;
  double value;
};

/* library: what can be loaded. declared.c makes them; */
struct library {
  const char *file;      /* its name; NULL: libmtr, which can be anywhere */
  const struct library_function *functions;
  const struct library_constant *constants;    /* name NULL ends them */
  void *handle;          /* NULL: not yet loaded */
};
extern struct library libraries[];
extern const uint32_t library_count;

/* library_load: Lua function (path): loads a library and returns its functions
 * and constants in a table. A path that is no |file| is that of libmtr. */
int library_load(lua_State *L);

#endif
