/* SPDX-License-Identifier: MIT
 *
 * The table that is pushed has these functions:
 *   editable(history)   line_editable: true, or nil and the name of an error
 *   begin(prompt), finish(), keep(text)   line_begin, line_end, line_keep
 *   key()               line_key: nothing; or true and the line, nil: the end
 *   wait(fds)           line_wait over a list: an index from 1, or nil
 *   forgive()           signals_forgive: true, or false: the program must end
 *
 * After ^C a hook of Lua ends code that was typed and does not wait. It raises
 * only in functions of the chunk "=prompt": an error anywhere in the library
 * could leave something half done. Such chunks must not be compiled, because
 * compiled code calls no hooks.
 */
#include "program/prompt.h"

#include <lauxlib.h>
#include <string.h>

#include "mtr.h"
#include "program/line.h"
#include "program/signals.h"

enum { PROMPT_FDS = 64 };

static lua_State *state;               /* whose hooks the signal handler sets */

static void stop_typed(lua_State *L, lua_Debug *ar) {
  if (!lua_getinfo(L, "S", ar) || strcmp(ar->source, "=prompt")) return;
  lua_sethook(L, NULL, 0, 0);
  luaL_error(L, "mtr: interrupted");
}

static void on_interrupt(void) {
  lua_sethook(state, stop_typed, LUA_MASKCOUNT, 1);
}

static int editable(lua_State *L) {
  int err = line_editable(luaL_optstring(L, 1, ""));
  if (err == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, mtr_errname(err));
  return 2;
}

static int begin(lua_State *L) {
  line_begin(luaL_checkstring(L, 1));
  return 0;
}

static int finish(lua_State *L) {
  (void)L;
  line_end();
  return 0;
}

static int key(lua_State *L) {
  if (!line_key()) return 0;
  lua_pushboolean(L, 1);
  lua_pushstring(L, line_text());
  return 2;
}

static int keep(lua_State *L) {
  line_keep(luaL_checkstring(L, 1));
  return 0;
}

static int wait(lua_State *L) {
  int fds[PROMPT_FDS], n = (int)lua_objlen(L, 1);
  if (n > PROMPT_FDS) n = PROMPT_FDS;
  for (int i = 0; i < n; i++) {
    lua_rawgeti(L, 1, i + 1);
    fds[i] = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
  }
  int ready = line_wait(fds, n);
  if (ready < 0) return 0;
  lua_pushinteger(L, ready + 1);
  return 1;
}

static int forgive(lua_State *L) {
  lua_sethook(L, NULL, 0, 0);
  lua_pushboolean(L, signals_forgive());
  return 1;
}

void prompt_push(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"editable", editable}, {"begin", begin}, {"finish", finish},
      {"key", key},           {"keep", keep},   {"wait", wait},
      {"forgive", forgive},   {NULL, NULL}};
  lua_newtable(L);
  luaL_register(L, NULL, functions);
  state = L;
  signals_interactive(on_interrupt);
}
