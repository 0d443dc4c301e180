/* SPDX-License-Identifier: MIT
 *
 * Nothing here keeps a state: the terminal has it.
 */
#include "program/screen.h"

#include <lauxlib.h>

#include "program/terminal.h"

static int fail(lua_State *L, int err) {
  lua_pushnil(L);
  lua_pushinteger(L, -err);
  return 2;
}

static int screen_open(lua_State *L) {
  int err = terminal_open();
  if (err < 0) return fail(L, err);
  lua_pushboolean(L, 1);
  return 1;
}

static int screen_check(lua_State *L) {
  struct terminal_state s;
  int err = terminal_check(&s);
  if (err < 0) return fail(L, err);
  lua_pushboolean(L, s.on);
  lua_pushinteger(L, s.rows);
  lua_pushinteger(L, s.columns);
  lua_pushboolean(L, s.fresh);
  return 4;
}

static int screen_draw(lua_State *L) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  int n = terminal_draw(bytes, size);
  if (n < 0) return fail(L, n);
  lua_pushinteger(L, n);
  return 1;
}

static int screen_input(lua_State *L) {
  int fd = terminal_input();
  if (fd < 0) return fail(L, fd);
  lua_pushinteger(L, fd);
  return 1;
}

static int screen_close(lua_State *L) {
  (void)L;
  terminal_close();
  return 0;
}

void screen_push(lua_State *L) {
  static const luaL_Reg list[] = {
      {"open", screen_open},   {"check", screen_check},
      {"draw", screen_draw},   {"input", screen_input},
      {"close", screen_close},
  };
  lua_newtable(L);
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    lua_pushcfunction(L, list[i].func);
    lua_setfield(L, -2, list[i].name);
  }
}
