/* SPDX-License-Identifier: MIT
 *
 * new, cast, copy, fill, string, sizeof, offsetof, gc, typeof.
 *
 * Types are written as in C, without declarations of new ones: "struct
 * mtr_trace", "uint8_t[16]", "char[?]", "struct mtr *[1]", and in a cast
 * "const char *".
 */
#include "puc/memory.h"

#include <stdlib.h>
#include <string.h>

enum { SINGLE = -1, ANY = -2 };

static int find(const char *name, size_t length) {
  for (uint32_t t = 0; t < cdata_type_count; t++) {
    const char *other = cdata_types[t].name;
    if (!strncmp(other, name, length) && !other[length]) return (int)t;
  }
  return -1;
}

/* Returns the type of elements in the text at |i|. |*count| becomes the number
 * in brackets, or SINGLE, or ANY for [?]. */
static uint8_t parse(lua_State *L, int i, long *count) {
  size_t length;
  const char *text = luaL_checklstring(L, i, &length);
  const char *bracket = strchr(text, '[');
  size_t end = bracket ? (size_t)(bracket - text) : length;
  *count = SINGLE;
  if (bracket) {
    char *rest = (char *)(uintptr_t)bracket + 2;
    *count = bracket[1] == '?' ? ANY : strtol(bracket + 1, &rest, 10);
    if ((*count < 0 && *count != ANY) || rest == bracket + 1 || *rest != ']')
      end = 0;
  }
  while (end && text[end - 1] == ' ') end--;
  int type = find(text, end);
  if (type < 0) luaL_error(L, "mtr: no C type %s is declared", text);
  return (uint8_t)type;
}

/* Sets the new cdata on top from the table at |from|: a list for an array, and
 * names for a struct. */
static void set_from_table(lua_State *L, int from, int array) {
  int c = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, from); lua_pop(L, 1)) {
    if (array) lua_pushnumber(L, luaL_checknumber(L, c + 1) - 1);
    else lua_pushvalue(L, c + 1);
    lua_pushvalue(L, -2);
    lua_settable(L, c);
  }
}

static int make(lua_State *L) {
  long count;
  uint8_t type = parse(L, 1, &count);
  int from = 2;
  if (count == ANY) {
    count = (long)cdata_number(L, 2);
    from = 3;
    if (count < 0) luaL_error(L, "mtr: an array of %d elements", (int)count);
  }
  struct cdata *c = cdata_new(L, type, count == SINGLE ? 1 : (size_t)count);
  if (lua_isnoneornil(L, from) || lua_gettop(L) == from) return 1;
  struct cdata *model = cdata_get(L, from);
  if (!model && lua_istable(L, from)) {
    set_from_table(L, from, count != SINGLE);
    return 1;
  }
  if (!model && lua_type(L, from) == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, from, &length);
    if (cdata_types[type].size != 1 || length > c->count)
      return luaL_error(L, "mtr: the text is longer than the array");
    memcpy(c->at, text, length);
    return 1;
  }
  if (!model || model->type != type || !model->at || model->count < c->count)
    return luaL_error(L, "mtr: a new %s can only be a copy of another one",
                      cdata_types[type].name);
  memcpy(c->at, model->at, cdata_bytes(c));
  return 1;
}

static int cast(lua_State *L) {
  const char *text = luaL_checkstring(L, 1);
  int readonly = !strncmp(text, "const ", 6);
  if (readonly) text += 6;
  const char *star = strrchr(text, '*');
  size_t end = star ? (size_t)(star - text) : 0;
  while (end && text[end - 1] == ' ') end--;
  int type = find(text, end);
  if (type < 0 || !cdata_types[type].size)
    return luaL_error(L, "mtr: no C type %s is declared", text);
  struct cdata *c = cdata_get(L, 2);
  size_t bytes;
  unsigned char *at;
  if (c) {
    at = c->at;
    bytes = cdata_bytes(c);
    readonly |= c->readonly;
  } else {
    if (lua_type(L, 2) != LUA_TSTRING) cdata_raise(L, 2, "cdata or string");
    at = (unsigned char *)(uintptr_t)lua_tolstring(L, 2, &bytes);
    readonly = 1;
  }
  if (!at) cdata_raise(L, 2, "memory");
  if (bytes != CDATA_UNBOUNDED) bytes /= cdata_types[type].size;
  cdata_point(L, (uint8_t)type, at, bytes, readonly);
  cdata_link(L, 2);
  return 1;
}

/* Returns the memory at |i| and how many bytes it has. */
static unsigned char *memory(lua_State *L, int i, int write, size_t *bytes) {
  struct cdata *c = cdata_get(L, i);
  if (!c || !c->at || !cdata_types[c->type].size || (write && c->readonly))
    cdata_raise(L, i, write ? "cdata to be written" : "cdata");
  *bytes = cdata_bytes(c);
  return c->at;
}

static size_t length_at(lua_State *L, int i, size_t most) {
  int64_t n = cdata_number(L, i);
  if (n < 0 || (uint64_t)n > most)
    luaL_error(L, "mtr: %f bytes do not fit", (double)n);
  return (size_t)n;
}

static int copy(lua_State *L) {
  size_t room, there;
  unsigned char *to = memory(L, 1, 1, &room);
  const void *from;
  if (lua_type(L, 2) == LUA_TSTRING) {
    from = lua_tolstring(L, 2, &there);
    there++;                           /* the zero byte */
  } else {
    from = memory(L, 2, 0, &there);
    if (lua_isnoneornil(L, 3)) cdata_raise(L, 3, "number");
  }
  size_t most = there < room ? there : room;
  size_t n = lua_isnoneornil(L, 3) ? there : length_at(L, 3, most);
  if (n > most)
    return luaL_error(L, "mtr: the length goes beyond an end of the memory");
  memmove(to, from, n);
  return 0;
}

static int fill(lua_State *L) {
  size_t room;
  unsigned char *to = memory(L, 1, 1, &room);
  size_t n = length_at(L, 2, room);
  memset(to, lua_isnoneornil(L, 3) ? 0 : (int)cdata_number(L, 3), n);
  return 0;
}

static int string(lua_State *L) {
  size_t bytes;
  if (lua_type(L, 1) == LUA_TSTRING) {
    const char *text = lua_tolstring(L, 1, &bytes);
    size_t n = lua_isnoneornil(L, 2) ? bytes : length_at(L, 2, bytes);
    lua_pushlstring(L, text, n);
    return 1;
  }
  const char *at = (const char *)memory(L, 1, 0, &bytes);
  size_t n;
  if (!lua_isnoneornil(L, 2)) n = length_at(L, 2, bytes);
  else if (bytes == CDATA_UNBOUNDED) n = strlen(at);
  else n = strnlen(at, bytes);
  lua_pushlstring(L, at, n);
  return 1;
}

static int size_of(lua_State *L) {
  struct cdata *c = cdata_get(L, 1);
  long count = SINGLE;
  size_t size = c ? cdata_bytes(c) : cdata_types[parse(L, 1, &count)].size;
  if (count == ANY) count = (long)length_at(L, 2, INT32_MAX);
  lua_pushinteger(L, (lua_Integer)(count == SINGLE ? size
                                                   : size * (size_t)count));
  return 1;
}

static int offset_of(lua_State *L) {
  long count;
  const char *name = luaL_checkstring(L, 2);
  const struct cdata_field *f = cdata_types[parse(L, 1, &count)].fields;
  while (f && f->name && strcmp(f->name, name)) f++;
  if (!f || !f->name) return luaL_error(L, "mtr: no member %s", name);
  lua_pushinteger(L, f->offset);
  return 1;
}

static int collect(lua_State *L) {
  if (!cdata_get(L, 1)) cdata_raise(L, 1, "cdata");
  lua_settop(L, 2);
  cdata_finalizer(L, 1);
  return 1;
}

static int type_of(lua_State *L) {
  long count;
  parse(L, 1, &count);
  lua_settop(L, 1);
  return 1;
}

const luaL_Reg memory_functions[] = {
  {"new", make},       {"cast", cast},       {"copy", copy},
  {"fill", fill},      {"string", string},   {"sizeof", size_of},
  {"offsetof", offset_of}, {"gc", collect},  {"typeof", type_of},
  {NULL, NULL},
};
