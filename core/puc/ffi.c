/* SPDX-License-Identifier: MIT
 *
 * The Lua module mtr.ffi: what lua/mtr needs of LuaJIT's modules ffi, bit and
 * table.new, for a Lua that has none of them.
 */
#include "puc/bit.h"
#include "puc/library.h"
#include "puc/memory.h"
#include "puc/meta.h"

/* Adds functions to the table on top, each with the metatables as upvalue. */
static void add(lua_State *L, int up, const luaL_Reg *functions) {
  for (; functions->name; functions++) {
    lua_pushvalue(L, up);
    lua_pushcclosure(L, functions->func, 1);
    lua_setfield(L, -2, functions->name);
  }
}

static int new_table(lua_State *L) {
  lua_createtable(L, (int)luaL_checkinteger(L, 1),
                  (int)luaL_checkinteger(L, 2));
  return 1;
}

static const luaL_Reg functions[] = {
  {"load", library_load}, {"new_table", new_table}, {NULL, NULL},
};

__attribute__((visibility("default"))) int luaopen_mtr_ffi(lua_State *L);
int luaopen_mtr_ffi(lua_State *L) {
  meta_open(L);
  int up = lua_gettop(L);
  lua_newtable(L);
  add(L, up, memory_functions);
  add(L, up, functions);
  lua_newtable(L);
  add(L, up, bit_functions);
  lua_setfield(L, -2, "bit");
  return 1;
}
