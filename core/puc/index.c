/* SPDX-License-Identifier: MIT
 *
 * Elements and members of a cdata.
 *
 * A number as index is an element, a name is a member of the first element. A
 * struct and an array are given as a cdata that points to them; the one for the
 * struct of the last index is kept and given again.
 */
#include "puc/index.h"

#include <string.h>

static struct cdata *self(lua_State *L) {
  struct cdata *c = cdata_get(L, 1);
  if (!c) luaL_error(L, "mtr: not a cdata of this module");
  if (!c->at)
    luaL_error(L, "mtr: this %s is closed", cdata_types[c->type].name);
  return c;
}

static double load_float(const struct cdata_type *type, const void *at) {
  float single;
  double value;
  if (type->size == sizeof single) {
    memcpy(&single, at, sizeof single);
    return (double)single;
  }
  memcpy(&value, at, sizeof value);
  return value;
}

static int64_t load_int(const struct cdata_type *type, const void *at) {
  int is_signed = type->kind == CDATA_INT;
  union { uint8_t u8; uint16_t u16; uint32_t u32; int64_t i64; } v;
  memcpy(&v, at, type->size);
  switch (type->size) {
    case 1: return is_signed ? (int8_t)v.u8 : v.u8;
    case 2: return is_signed ? (int16_t)v.u16 : v.u16;
    case 4: return is_signed ? (int32_t)v.u32 : (int64_t)v.u32;
    default: return v.i64;
  }
}

static void store_int(const struct cdata_type *type, void *at, int64_t value) {
  union { uint8_t u8; uint16_t u16; uint32_t u32; int64_t i64; } v;
  switch (type->size) {
    case 1: v.u8 = (uint8_t)value; break;
    case 2: v.u16 = (uint16_t)value; break;
    case 4: v.u32 = (uint32_t)value; break;
    default: v.i64 = value;
  }
  memcpy(at, &v, type->size);
}

/* Pushes what is at |at|: |count| elements of an array, or with 0 one value. */
static int push(lua_State *L, const struct cdata *c, uint8_t t,
                unsigned char *at, size_t count) {
  const struct cdata_type *type = &cdata_types[t];
  if (count || type->kind == CDATA_STRUCT) {
    cdata_point(L, t, at, count ? count : 1, c->readonly);
    cdata_link(L, 1);
    return 1;
  }
  if (type->kind == CDATA_FLOAT) {
    cdata_push(L, load_float(type, at));
  } else if (type->kind == CDATA_POINTER) {
    void *pointer;
    memcpy(&pointer, at, sizeof pointer);
    int opaque = cdata_types[type->target].kind == CDATA_OPAQUE;
    if (!pointer) lua_pushnil(L);
    else cdata_point(L, type->target, pointer, opaque ? 0 : CDATA_UNBOUNDED,
                     type->readonly);
  } else {
    int64_t value = load_int(type, at);
    if (type->kind == CDATA_UINT && value < 0)
      lua_pushnumber(L, (lua_Number)(uint64_t)value);
    else if (sizeof(lua_Integer) < 8 && (lua_Integer)value != value)
      lua_pushnumber(L, (lua_Number)value);
    else
      lua_pushinteger(L, (lua_Integer)value);
  }
  return 1;
}

static void store_pointer(lua_State *L, const struct cdata_type *type,
                          unsigned char *at, int i) {
  struct cdata *from = cdata_get(L, i);
  void *pointer = from ? from->at : NULL;
  if (!lua_isnil(L, i) &&
      (!from || from->type != type->target || !pointer ||
       (from->readonly && !type->readonly)))
    luaL_error(L, "mtr: %s expected", type->name);
  memcpy(at, &pointer, sizeof pointer);
}

/* Stores a whole array: only text, with its zero byte. */
static void store_text(lua_State *L, const struct cdata_type *type,
                       unsigned char *at, size_t count, int i) {
  size_t size;
  if (lua_type(L, i) != LUA_TSTRING || type->size != 1)
    luaL_error(L, "mtr: an array of %s cannot be set to a %s", type->name,
               luaL_typename(L, i));
  const char *text = lua_tolstring(L, i, &size);
  if (size > count) luaL_error(L, "mtr: a text longer than %d bytes",
                               (int)count);
  memcpy(at, text, size < count ? size + 1 : size);
}

static void store(lua_State *L, uint8_t t, unsigned char *at, size_t count,
                  int i) {
  const struct cdata_type *type = &cdata_types[t];
  if (count) {
    store_text(L, type, at, count, i);
  } else if (type->kind == CDATA_POINTER) {
    store_pointer(L, type, at, i);
  } else if (type->kind == CDATA_STRUCT) {
    struct cdata *from = cdata_get(L, i);
    if (!from || from->type != t || !from->at || !from->count)
      luaL_error(L, "mtr: %s expected", type->name);
    memmove(at, from->at, type->size);
  } else if (lua_type(L, i) != LUA_TNUMBER) {
    luaL_error(L, "mtr: number expected for a %s, got %s", type->name,
               luaL_typename(L, i));
  } else if (type->kind == CDATA_FLOAT) {
    double value = lua_tonumber(L, i);
    float single = (float)value;
    if (type->size == sizeof single) memcpy(at, &single, sizeof single);
    else memcpy(at, &value, sizeof value);
  } else {
    store_int(type, at, cdata_number(L, i));
  }
}

/* Returns the address of the element whose number is at 2. */
static unsigned char *element(lua_State *L, const struct cdata *c) {
  const struct cdata_type *type = &cdata_types[c->type];
  double i = lua_tonumber(L, 2);
  if (!type->size) luaL_error(L, "mtr: %s has no elements", type->name);
  if (!(i >= 0 && i < (double)c->count && i < 0x1p40))
    luaL_error(L, "mtr: index %f is not below %f of %s", i,
               c->count == CDATA_UNBOUNDED ? 0x1p40 : (double)c->count,
               type->name);
  return c->at + (size_t)i * type->size;
}

/* Returns the member whose name is at 2. */
static const struct cdata_field *member(lua_State *L, const struct cdata *c) {
  lua_pushvalue(L, 2);
  lua_rawget(L, lua_upvalueindex(2));
  if (lua_type(L, -1) != LUA_TNUMBER || !c->count)
    luaL_error(L, "mtr: %s has no member %s", cdata_types[c->type].name,
               lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2)
                                             : luaL_typename(L, 2));
  const struct cdata_field *f =
      &cdata_types[c->type].fields[lua_tointeger(L, -1)];
  lua_pop(L, 1);
  return f;
}

static int read_struct(lua_State *L, struct cdata *c, unsigned char *at) {
  uint32_t i = (uint32_t)lua_tonumber(L, 2);
  cdata_table(L, 1);
  if (c->last == i + 1) {
    lua_rawgeti(L, -1, CDATA_LAST);
    return 1;
  }
  push(L, c, c->type, at, 0);
  lua_pushvalue(L, -1);
  lua_rawseti(L, -3, CDATA_LAST);
  c->last = i + 1;
  return 1;
}

int index_read(lua_State *L) {
  struct cdata *c = self(L);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    unsigned char *at = element(L, c);
    if (cdata_types[c->type].kind == CDATA_STRUCT && c->linked != 2)
      return read_struct(L, c, at);
    return push(L, c, c->type, at, 0);
  }
  const struct cdata_field *f = member(L, c);
  return push(L, c, f->type, c->at + f->offset, f->count);
}

int index_write(lua_State *L) {
  struct cdata *c = self(L);
  if (c->readonly) luaL_error(L, "mtr: this %s cannot be written",
                              cdata_types[c->type].name);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    store(L, c->type, element(L, c), 0, 3);
  } else {
    const struct cdata_field *f = member(L, c);
    store(L, f->type, c->at + f->offset, f->count, 3);
  }
  return 0;
}

int index_add(lua_State *L) {
  if (!cdata_get(L, 1)) lua_insert(L, 1);
  struct cdata *c = self(L);
  size_t size = cdata_types[c->type].size;
  double n = lua_tonumber(L, 2);
  if (lua_type(L, 2) != LUA_TNUMBER || !size || !(n >= 0 && n < 0x1p40) ||
      n > (double)c->count)
    luaL_error(L, "mtr: a pointer to %s cannot move beyond its end or back",
               cdata_types[c->type].name);
  size_t left = c->count == CDATA_UNBOUNDED ? c->count : c->count - (size_t)n;
  cdata_point(L, c->type, c->at + (size_t)n * size, left, c->readonly);
  cdata_link(L, 1);
  return 1;
}
