/* SPDX-License-Identifier: MIT
 *
 * Arguments and results of C functions.
 */
#include "puc/call.h"

#include <lualib.h>
#include <string.h>

static const char *name_of(uint8_t type) {
  return type == CALL_ANY ? "memory" : cdata_types[type].name;
}

static int fits(const struct cdata *c, uint8_t type, int flags) {
  if (c->type == type || type == CALL_ANY) return 1;
  return flags & CALL_BYTES && cdata_types[c->type].size == 1;
}

static void too_short(lua_State *L, int i, const char *name) {
  luaL_error(L, "bad argument #%d to a function of mtr's C library (%s: fewer"
             " elements than the call needs)", i, name);
}

void *call_memory(lua_State *L, int i, uint8_t type, size_t count, int flags) {
  struct cdata *c = cdata_get(L, i);
  if (!c) {
    size_t length;
    if (lua_isnoneornil(L, i) && (flags & CALL_NULL || !count)) return NULL;
    if (lua_type(L, i) != LUA_TSTRING || !(flags & CALL_READ) ||
        !(flags & CALL_BYTES))
      cdata_raise(L, i, name_of(type));
    const char *text = lua_tolstring(L, i, &length);
    if (length < count) too_short(L, i, "string");
    return (void *)(uintptr_t)text;
  }
  if (!fits(c, type, flags) || !c->at || (c->readonly && !(flags & CALL_READ)))
    cdata_raise(L, i, name_of(type));
  if (cdata_types[c->type].kind == CDATA_OPAQUE) cdata_raise(L, i, "memory");
  if ((type == CALL_ANY ? cdata_bytes(c) : c->count) < count)
    too_short(L, i, name_of(c->type));
  for (size_t k = 0; flags & CALL_FILLED && k < count; k++)
    if (!((void **)(void *)c->at)[k]) cdata_raise(L, i, "pointers");
  return c->at;
}

const char *call_text(lua_State *L, int i) {
  if (lua_type(L, i) == LUA_TSTRING) return lua_tostring(L, i);
  struct cdata *c = cdata_get(L, i);
  if (!c || !c->at || cdata_types[c->type].size != 1)
    cdata_raise(L, i, "string");
  if (c->count != CDATA_UNBOUNDED && !memchr(c->at, 0, c->count))
    too_short(L, i, "text without a zero byte");
  return (const char *)c->at;
}

void *call_object(lua_State *L, int i, uint8_t type, int flags) {
  struct cdata *c = cdata_get(L, i);
  if (!c && lua_isnoneornil(L, i) && flags & CALL_NULL) return NULL;
  if (!c || c->type != type || !c->at) cdata_raise(L, i, name_of(type));
  return c->at;
}

void call_close(lua_State *L, int i) {
  struct cdata *c = cdata_get(L, i);
  if (c) c->at = NULL;
}

void *call_stream(lua_State *L, int i) {
  /* Of every PUC Lua, the userdata of a file begins with its FILE. A closed one
   * has lost that in 5.1, and its function that closes since 5.2. */
#if LUA_VERSION_NUM == 501
  void **file = luaL_checkudata(L, i, LUA_FILEHANDLE);
  if (*file) return *file;
#else
  luaL_Stream *file = luaL_checkudata(L, i, LUA_FILEHANDLE);
  if (file->closef) return file->f;
#endif
  cdata_raise(L, i, "open file");
}

double call_double(lua_State *L, int i) {
  if (lua_type(L, i) != LUA_TNUMBER) cdata_raise(L, i, "number");
  return lua_tonumber(L, i);
}

int call_result(lua_State *L, uint8_t type, const void *at, size_t count,
                int readonly) {
  if (at) cdata_point(L, type, (void *)(uintptr_t)at, count, readonly);
  else lua_pushnil(L);
  return 1;
}
