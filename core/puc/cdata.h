/* SPDX-License-Identifier: MIT
 *
 * cdata.h: C memory as a Lua value, for the Lua without an FFI (PUC Lua 5.1 to
 * 5.4). It does what lua/mtr needs of LuaJIT's ffi, for the types and functions
 * of mtr.h and of a few libraries of the system. core/puc/declare.lua writes
 * the tables of types and the calls of functions into build/puc/declared.c.
 *
 * A cdata is |count| elements of one type at an address: a struct is one
 * element, a pointer has as many as are known to be there. All that goes beyond
 * them, and each wrong type, is a Lua error. A pointer whose end is not known
 * is CDATA_UNBOUNDED; only indexes below 0 are refused there.
 *
 * A cdata that points into another one, or into a string, keeps it alive. What
 * C lends (mtr_events) is valid as long as mtr.h says.
 *
 * It would be wrong if another module's userdata began with the address of
 * cdata_mark.
 */
#ifndef PUC_CDATA_H
#define PUC_CDATA_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>
#include <stdint.h>

enum cdata_kind {
  CDATA_INT,             /* signed, of 1, 2, 4 or 8 bytes */
  CDATA_UINT,            /* unsigned, likewise */
  CDATA_FLOAT,           /* float or double */
  CDATA_STRUCT,
  CDATA_OPAQUE,          /* a struct whose members are not known */
  CDATA_POINTER
};

/* cdata_field: a member of a struct. */
struct cdata_field {
  const char *name;      /* NULL ends a list */
  uint32_t offset;       /* bytes */
  uint32_t count;        /* elements of an array; 0: no array */
  uint8_t type;          /* index in cdata_types */
};

struct cdata_type {
  const char *name;      /* as it is written: "uint8_t", "struct mtr *" */
  const struct cdata_field *fields;   /* of a struct; otherwise NULL */
  uint32_t size;         /* bytes of an element; 0: opaque */
  uint8_t kind;          /* CDATA_INT ... */
  uint8_t target;        /* of a pointer: what it points to */
  uint8_t readonly;      /* of a pointer: 1: to const */
};

/* The types, made by declare.lua. */
extern const struct cdata_type cdata_types[];
extern const uint32_t cdata_type_count;

#define CDATA_UNBOUNDED SIZE_MAX

struct cdata {
  const void *mark;      /* &cdata_mark: this userdata is one of ours */
  unsigned char *at;     /* NULL: what it pointed to is closed */
  size_t count;          /* elements, or CDATA_UNBOUNDED; of an engine: events
                          * of its last step */
  uint32_t last;         /* index of the element that is kept, plus 1 */
  uint8_t type;
  uint8_t readonly;
  uint8_t owned;         /* the memory follows this header */
  uint8_t linked;        /* 0: no table; 1: its own one; 2: that of another */
};

/* Every function of this room has as its first upvalue a table with the
 * metatable of type t at t + 1, and at -(t + 1) the one with a finalizer. */
#define CDATA_UP lua_upvalueindex(1)

/* A cdata that keeps something alive has a table with these. */
enum {
  CDATA_OWNER = 1,       /* what it keeps alive */
  CDATA_FINALIZER = 2,
  CDATA_LAST = 3         /* the element that was asked for last, because code
                          * asks for several members in a row */
};

/* cdata_get: returns the cdata at |i|, or NULL if it is something else. */
struct cdata *cdata_get(lua_State *L, int i);

/* cdata_new: pushes |count| elements, all zero, that Lua owns. */
struct cdata *cdata_new(lua_State *L, uint8_t type, size_t count);

/* cdata_point: pushes a cdata for memory that it does not own. cdata_link: the
 * cdata on top keeps alive what is at |i|, a cdata or a string. */
struct cdata *cdata_point(lua_State *L, uint8_t type, void *at, size_t count,
                          int readonly);
void cdata_link(lua_State *L, int i);

/* cdata_table: pushes the table of the cdata at |i|, and makes it first if it
 * has none of its own. */
void cdata_table(lua_State *L, int i);

/* cdata_finalizer: sets what is called with the cdata at |i| before it is
 * freed: the value on top, which is popped; nil: nothing. */
void cdata_finalizer(lua_State *L, int i);

/* cdata_bytes: returns how many bytes it has, or CDATA_UNBOUNDED. */
size_t cdata_bytes(const struct cdata *c);

/* cdata_number: returns the whole number at |i|, or raises. Fractions are cut
 * off and other types made of it as in C. cdata_push: pushes a number, which is
 * an integer in a Lua that has them if it is whole. */
int64_t cdata_number(lua_State *L, int i);
void cdata_push(lua_State *L, double value);

/* cdata_raise: raises an error about argument |i|, with the place of the Lua
 * code that made the call. */
_Noreturn void cdata_raise(lua_State *L, int i, const char *wanted);

#if LUA_VERSION_NUM == 501
#define lua_rawlen lua_objlen
#define cdata_set_table lua_setfenv
#define cdata_get_table lua_getfenv
#else
#define cdata_set_table lua_setuservalue
#define cdata_get_table lua_getuservalue
#endif

#endif
