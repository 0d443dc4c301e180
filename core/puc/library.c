/* SPDX-License-Identifier: MIT
 *
 * Loads shared libraries. The addresses of their functions are kept once in a
 * process, so a second file with the same functions is refused. A library is
 * never unloaded.
 */
#include "puc/library.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

/* Finds the functions of |library| in |handle|. Returns the symbol that is
 * missing, or NULL. */
static const char *find(struct library *library, void *handle) {
  for (const struct library_function *f = library->functions; f->name; f++)
    if (!dlsym(handle, f->symbol)) return f->symbol;
  for (const struct library_function *f = library->functions; f->name; f++)
    *f->address = dlsym(handle, f->symbol);
  library->handle = handle;
  return NULL;
}

static struct library *known(const char *path) {
  for (uint32_t i = 0; i < library_count; i++)
    if (libraries[i].file && !strcmp(libraries[i].file, path))
      return &libraries[i];
  return libraries;
}

int library_load(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  if (!strpbrk(name, "./")) name = lua_pushfstring(L, "lib%s.so", name);
  void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return luaL_error(L, "%s", dlerror());
  struct library *library = known(name);
  const char *missing = NULL;
  if (!library->handle) missing = find(library, handle);
  if (missing || library->handle != handle) {
    dlclose(handle);
    return missing ? luaL_error(L, "%s has no function %s", name, missing)
                   : luaL_error(L, "another file than %s is loaded", name);
  }
  lua_newtable(L);
  for (const struct library_constant *c = library->constants; c->name; c++) {
    cdata_push(L, c->value);
    lua_setfield(L, -2, c->name);
  }
  for (const struct library_function *f = library->functions; f->name; f++) {
    lua_pushvalue(L, CDATA_UP);
    lua_pushcclosure(L, f->call, 1);
    lua_setfield(L, -2, f->name);
  }
  return 1;
}
