/* SPDX-License-Identifier: MIT
 *
 * The metatables of all types.
 */
#include "puc/meta.h"

#include "puc/index.h"

static int finalize(lua_State *L) {
  struct cdata *c = cdata_get(L, 1);
  if (!c || c->linked != 1) return 0;
  cdata_get_table(L, 1);
  lua_rawgeti(L, -1, CDATA_FINALIZER);
  if (lua_isnil(L, -1)) return 0;
  lua_pushnil(L);
  lua_rawseti(L, -3, CDATA_FINALIZER);
  lua_pushvalue(L, 1);
  lua_call(L, 1, 0);
  return 0;
}

static int equal(lua_State *L) {
  struct cdata *a = cdata_get(L, 1), *b = cdata_get(L, 2);
  lua_pushboolean(L, a && b && a->at == b->at);
  return 1;
}

static int text(lua_State *L) {
  struct cdata *c = cdata_get(L, 1);
  if (!c) return 0;
  lua_pushfstring(L, "cdata<%s>: %p", cdata_types[c->type].name, c->at);
  return 1;
}

static void method(lua_State *L, int up, const char *name, lua_CFunction f) {
  lua_pushvalue(L, up);
  lua_pushvalue(L, up + 1);
  lua_pushcclosure(L, f, 2);
  lua_setfield(L, -2, name);
}

void meta_open(lua_State *L) {
  lua_newtable(L);
  int up = lua_gettop(L);
  for (uint32_t t = 0; t < cdata_type_count; t++) {
    const struct cdata_field *fields = cdata_types[t].fields;
    lua_newtable(L);
    for (int i = 0; fields && fields[i].name; i++) {
      lua_pushinteger(L, i);
      lua_setfield(L, -2, fields[i].name);
    }
    for (int final = 0; final <= 1; final++) {
      lua_newtable(L);
      method(L, up, "__index", index_read);
      method(L, up, "__newindex", index_write);
      method(L, up, "__add", index_add);
      method(L, up, "__eq", equal);
      method(L, up, "__tostring", text);
      if (final) method(L, up, "__gc", finalize);
      lua_pushliteral(L, "mtr.cdata");
      lua_setfield(L, -2, "__metatable");
      lua_rawseti(L, up, final ? -(int)(t + 1) : (int)t + 1);
    }
    lua_pop(L, 1);
  }
}
