/* SPDX-License-Identifier: MIT
 *
 * Numbers are taken modulo 2^32, as in LuaJIT.
 */
#include "puc/bit.h"

#include <math.h>
#include <stdint.h>

static uint32_t get(lua_State *L, int i) {
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(L, i)) return (uint32_t)lua_tointeger(L, i);
#endif
  double value = luaL_checknumber(L, i);
  if (!(fabs(value) < 0x1p53)) return 0;
  return (uint32_t)(int64_t)nearbyint(value);
}

static int give(lua_State *L, uint32_t value) {
  lua_pushinteger(L, (int32_t)value);
  return 1;
}

static int tobit(lua_State *L) { return give(L, get(L, 1)); }
static int bnot(lua_State *L) { return give(L, ~get(L, 1)); }

static int band(lua_State *L) {
  uint32_t value = get(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value &= get(L, i);
  return give(L, value);
}

static int bor(lua_State *L) {
  uint32_t value = get(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value |= get(L, i);
  return give(L, value);
}

static int bxor(lua_State *L) {
  uint32_t value = get(L, 1);
  for (int i = lua_gettop(L); i > 1; i--) value ^= get(L, i);
  return give(L, value);
}

static int lshift(lua_State *L) {
  return give(L, get(L, 1) << (get(L, 2) & 31));
}

static int rshift(lua_State *L) {
  return give(L, get(L, 1) >> (get(L, 2) & 31));
}

static int arshift(lua_State *L) {
  return give(L, (uint32_t)((int32_t)get(L, 1) >> (get(L, 2) & 31)));
}

static int rol(lua_State *L) {
  uint32_t value = get(L, 1), n = get(L, 2) & 31;
  return give(L, value << n | value >> (-n & 31));
}

static int ror(lua_State *L) {
  uint32_t value = get(L, 1), n = get(L, 2) & 31;
  return give(L, value >> n | value << (-n & 31));
}

static int bswap(lua_State *L) {
  return give(L, __builtin_bswap32(get(L, 1)));
}

static int tohex(lua_State *L) {
  int32_t n = lua_isnoneornil(L, 2) ? 8 : (int32_t)get(L, 2);
  const char *digits = n < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
  uint32_t value = get(L, 1);
  char text[8];
  if (n < 0) n = -n;
  if (n > 8 || n < 0) n = 8;
  for (int i = n; i-- > 0; value >>= 4) text[i] = digits[value & 15];
  lua_pushlstring(L, text, (size_t)n);
  return 1;
}

const luaL_Reg bit_functions[] = {
  {"tobit", tobit},     {"bnot", bnot},     {"band", band},
  {"bor", bor},         {"bxor", bxor},     {"lshift", lshift},
  {"rshift", rshift},   {"arshift", arshift}, {"rol", rol},
  {"ror", ror},         {"bswap", bswap},   {"tohex", tohex},
  {NULL, NULL},
};
