/* SPDX-License-Identifier: MIT
 *
 * What a cdata is: its header, its metatable, and what it keeps alive.
 */
#include "puc/cdata.h"

#include <math.h>
#include <string.h>

static const char cdata_mark;

struct cdata *cdata_get(lua_State *L, int i) {
  struct cdata *c = lua_touserdata(L, i);
  if (!c || lua_type(L, i) != LUA_TUSERDATA || lua_rawlen(L, i) < sizeof *c ||
      c->mark != &cdata_mark)
    return NULL;
  return c;
}

static struct cdata *push(lua_State *L, uint8_t type, size_t extra) {
  struct cdata *c = lua_newuserdata(L, sizeof *c + extra);
  memset(c, 0, sizeof *c + extra);
  c->mark = &cdata_mark;
  c->type = type;
  lua_rawgeti(L, CDATA_UP, type + 1);
  lua_setmetatable(L, -2);
  return c;
}

struct cdata *cdata_new(lua_State *L, uint8_t type, size_t count) {
  size_t size = cdata_types[type].size;
  if (!size || count > INT32_MAX / size)
    luaL_error(L, "cannot make %s with so many elements",
               cdata_types[type].name);
  struct cdata *c = push(L, type, size * count);
  c->at = (unsigned char *)(c + 1);
  c->count = count;
  c->owned = 1;
  return c;
}

struct cdata *cdata_point(lua_State *L, uint8_t type, void *at, size_t count,
                          int readonly) {
  struct cdata *c = push(L, type, 0);
  c->at = at;
  c->count = count;
  c->readonly = readonly != 0;
  return c;
}

static int absolute(lua_State *L, int i) {
  return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}

static void own_table(lua_State *L, struct cdata *c, int i) {
  if (c->linked != 1) {
    lua_createtable(L, 3, 0);
    if (c->linked) {
      cdata_get_table(L, i);
      lua_rawseti(L, -2, CDATA_OWNER);
    } else if (c->owned) {
      lua_pushvalue(L, i);
      lua_rawseti(L, -2, CDATA_OWNER);
    }
    lua_pushvalue(L, -1);
    cdata_set_table(L, i);
    c->linked = 1;
    c->last = 0;
  } else {
    cdata_get_table(L, i);
  }
}

void cdata_table(lua_State *L, int i) {
  own_table(L, cdata_get(L, i), absolute(L, i));
}

void cdata_link(lua_State *L, int i) {
  struct cdata *c = cdata_get(L, -1), *owner = cdata_get(L, i);
  i = absolute(L, i);
  if (owner) {
    if (!owner->linked && !owner->owned) return;
    if (owner->linked) cdata_get_table(L, i);
    else own_table(L, owner, i);
  } else {
    lua_createtable(L, 1, 0);
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, CDATA_OWNER);
  }
  cdata_set_table(L, -2);
  c->linked = 2;
}

void cdata_finalizer(lua_State *L, int i) {
  i = absolute(L, i);
  struct cdata *c = cdata_get(L, i);
  int none = lua_isnil(L, -1);
  if (none && c->linked != 1) {
    lua_pop(L, 1);
    return;
  }
  own_table(L, c, i);
  lua_insert(L, -2);
  lua_rawseti(L, -2, CDATA_FINALIZER);
  lua_pop(L, 1);
  lua_rawgeti(L, CDATA_UP, none ? c->type + 1 : -(c->type + 1));
  lua_setmetatable(L, i);
}

size_t cdata_bytes(const struct cdata *c) {
  return c->count == CDATA_UNBOUNDED ? CDATA_UNBOUNDED
                                     : c->count * cdata_types[c->type].size;
}

int64_t cdata_number(lua_State *L, int i) {
  if (lua_type(L, i) != LUA_TNUMBER) cdata_raise(L, i, "number");
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, i)) return lua_tointeger(L, i);
#endif
  double value = lua_tonumber(L, i);
  if (value >= -0x1p63 && value < 0x1p63) return (int64_t)value;
  return value >= 0x1p63 && value < 0x1p64 ? (int64_t)(uint64_t)value : 0;
}

void cdata_push(lua_State *L, double value) {
#if LUA_VERSION_NUM >= 503
  if (value > -0x1p53 && value < 0x1p53 && value == (double)(int64_t)value &&
      (value != 0 || !signbit(value))) {
    lua_pushinteger(L, (int64_t)value);
    return;
  }
#endif
  lua_pushnumber(L, value);
}

void cdata_raise(lua_State *L, int i, const char *wanted) {
  struct cdata *c = cdata_get(L, i);
  const char *got = c && !c->at ? "closed " : "";
  luaL_error(L, "bad argument #%d to a function of mtr's C library (%s "
             "expected, got %s%s)", i, wanted, got,
             c ? cdata_types[c->type].name : luaL_typename(L, i));
  for (;;) continue;     /* luaL_error does not return */
}
