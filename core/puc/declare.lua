-- SPDX-License-Identifier: MIT
--
-- Writes build/puc/declared.c, the types and functions that the module mtr.ffi knows:
--
--   mtrlua core/puc/declare.lua build/mtr.cdef lua/mtr/foreign.lua core/puc/parse.lua
--
-- It reads the declarations that LuaJIT reads: those of mtr.h, and those of the libraries of the
-- system in lua/mtr/foreign.lua. So nothing is declared twice. From the names of parameters it
-- knows how much memory a function needs: `n` or `size` behind a pointer is the number of elements
-- there, and LENGTHS has the others. A pointer to bytes of which nothing is known ends the build.

local CDEF, FOREIGN, PARSE = ...

-- What the names of parameters do not say, by function and parameter or by parameter alone.
local LENGTHS = {
  addr = "16", fd = "MTR_SOCKETS", keep = "MTR_SOCKETS", connection = "2", who = "4", src = "16",
  ["mtr_address_text.buf"] = "46", ["mtr_target.buf"] = "MTR_TARGET_SIZE",
  ["mtr_sim_targets.addr"] = "16 * (size_t)n",
}
-- Pointers that may be nil.
local NULLABLE = {
  ["mtr_close.engine"] = true, ["mtr_close.keep"] = true, ["mtr_save.engine"] = true,
  ["mtr_open.why"] = true, ["mtr_address.zone"] = true, ["mtr_waker_close.waker"] = true,
  ["mtr_replies.ext"] = true, ["mtr_sim_free.sim"] = true, ["mtr_prefixes_free.set"] = true,
  ["mtr_sqlite_open.vfs"] = true,
}
-- Functions after which their first argument is no more.
local CLOSE = { mtr_close = true, mtr_sim_free = true, mtr_prefixes_free = true,
  mtr_waker_close = true,
  mtr_sqlite_close = true, mtr_sqlite_finalize = true }

local parse = dofile(PARSE)
local type_of, NUMBERS = parse.type_of, parse.NUMBERS
local lists = {}                       -- of each library { file, functions, constants }
local code = {}

local function write(text, ...)
  code[#code + 1] = select("#", ...) > 0 and text:format(...) or text
end

local function is_byte(base) return base == "char" or base == "uint8_t" or base == "void" end

-- The expression that checks and reads a parameter that is a pointer.
local function pointer(fn, list, i)
  local p, following = list[i], list[i + 1]
  local key = fn .. "." .. p.name
  local flags = { NULLABLE[key] and "CALL_NULL", p.const and "CALL_READ" }
  local counted = following and (following.name == "n" or following.name == "size")
    and following.stars == 0
  local count = LENGTHS[key] or counted and "(size_t)" .. following.name or LENGTHS[p.name]
  local all = {}
  for k = 1, 2 do all[#all + 1] = flags[k] or nil end
  local type
  if p.stars == 2 then
    type = parse.pointer_to(p.base, p.const)
    all = { p.base == "char" and "CALL_NULL" or counted and "CALL_FILLED" or nil }
  elseif p.base == "void" and p.name == "file" then
    return ("call_stream(L, %d)"):format(i)
  elseif is_byte(p.base) then
    if not count and p.const then
      local form = NULLABLE[key] and "lua_isnoneornil(L, %d) ? NULL : call_text(L, %d)"
        or "call_text(L, %d)"
      return form:format(i, i)
    end
    if not count then error(("declare: how long is %s of %s?"):format(p.name, fn)) end
    all[#all + 1] = "CALL_BYTES"
    type = p.base == "void" and "CALL_ANY" or type_of(p.base)
  else
    type = type_of(p.base)
    if parse.kind(type) == "OPAQUE" then
      return ("call_object(L, %d, %d, %s)"):format(i, type, all[1] or "0")
    end
  end
  return ("call_memory(L, %d, %s, %s, %s)"):format(i, type, count or "1",
    #all > 0 and table.concat(all, " | ") or "0")
end

local function argument(fn, list, i)
  local p = list[i]
  local c = p.const and "const " or ""
  if p.stars > 0 then
    return ("%s%s %s%s = %s;"):format(c, p.base, ("*"):rep(p.stars), p.name, pointer(fn, list, i))
  elseif NUMBERS[p.base] == "FLOAT" then
    return ("%s %s = call_double(L, %d);"):format(p.base, p.name, i)
  end
  return ("%s %s = (%s)cdata_number(L, %d);"):format(p.base, p.name, p.base, i)
end

-- The events of a step: mtr_step says how many mtr_events gives.
local function special(name)
  if name == "mtr_step" then
    return "cdata_get(L, 1)->count = result > 0 ? (size_t)result : 0;"
  end
end

local function result(name, base, stars, const)
  if base == "void" and stars == 0 then return "return 0;" end
  if base == "char" then return "lua_pushstring(L, result);\n  return 1;" end
  if stars == 0 then return "cdata_push(L, (double)result);\n  return 1;" end
  local opaque = parse.kind(type_of(base)) == "OPAQUE"
  local count = opaque and "0" or name == "mtr_events" and "cdata_get(L, 1)->count"
    or "CDATA_UNBOUNDED"
  return ("return call_result(L, %d, result, %s, %d);"):format(type_of(base), count,
    const and 1 or 0)
end

local function define(list, f)
  local names, kinds = {}, {}
  for i, p in ipairs(f.parameters) do
    names[i] = p.name
    kinds[i] = ("%s%s %s"):format(p.const and "const " or "", p.base, ("*"):rep(p.stars))
  end
  local void = f.base == "void" and f.stars == 0
  write("static %s (*at_%s)(%s);\n", f.head, f.name,
    #kinds > 0 and table.concat(kinds, ", ") or "void")
  write("static int call_%s(lua_State *L) {\n", f.name)
  if #names == 0 then write "  (void)L;\n" end
  -- Numbers first: the lengths of memory are among them.
  for pass = 1, 2 do
    for i, p in ipairs(f.parameters) do
      if (p.stars > 0) == (pass == 2) then
        write("  %s\n", argument(f.name, f.parameters, i))
      end
    end
  end
  write("  %sat_%s(%s);\n", void and "" or f.head .. " result = ", f.name,
    table.concat(names, ", "))
  if special(f.name) then write("  %s\n", special(f.name)) end
  if CLOSE[f.name] then write "  call_close(L, 1);\n" end
  write("  %s\n}\n\n", result(f.name, f.base, f.stars, f.const))
  list.functions[#list.functions + 1] = ('  {"%s", "%s", (void **)&at_%s, call_%s},\n'):format(
    f.name, f.symbol, f.name, f.name)
end

-- Reads one text of declarations and writes the calls of its functions.
local function read(text, file)
  local list, found = { functions = {}, constants = {}, file = file }, parse.read(text)
  lists[#lists + 1] = list
  for _, name in ipairs(found.constants) do
    list.constants[#list.constants + 1] = ('  {"%s", %s},\n'):format(name, name)
  end
  for _, f in ipairs(found.functions) do define(list, f) end
end

local function write_types()
  for i, type in ipairs(parse.types) do
    if type.fields then
      write("static const struct cdata_field fields_%d[] = {\n", i - 1)
      for _, f in ipairs(type.fields) do
        write('  {"%s", offsetof(%s, %s), %s, %d},\n', f.name, type.name, f.name, f.length or "0",
          f.type)
      end
      write "  {NULL, 0, 0, 0},\n};\n\n"
    end
  end
  write "const struct cdata_type cdata_types[] = {\n"
  for i, type in ipairs(parse.types) do
    write('  {"%s", %s, %s, CDATA_%s, %d, %d},\n', type.name,
      type.fields and "fields_" .. i - 1 or "NULL",
      type.kind == "OPAQUE" and "0" or "sizeof(" .. type.name .. ")", type.kind, type.target or 0,
      type.readonly and 1 or 0)
  end
  write("};\nconst uint32_t cdata_type_count = %d;\n\n", #parse.types)
end

local function write_libraries()
  for i, list in ipairs(lists) do
    write("static const struct library_function functions_%d[] = {\n%s  {NULL, NULL, NULL, NULL},\n"
      .. "};\n", i, table.concat(list.functions))
    write("static const struct library_constant constants_%d[] = {\n%s  {NULL, 0},\n};\n", i,
      table.concat(list.constants))
  end
  write "struct library libraries[] = {\n"
  for i, list in ipairs(lists) do
    write("  {%s, functions_%d, constants_%d, NULL},\n",
      list.file and '"' .. list.file .. '"' or "NULL", i, i)
  end
  write "};\n"
  write("const uint32_t library_count = %d;\n", #lists)
end

-- Declarations as C reads them: types and typedefs, without the functions.
local function foreign_types(text)
  for struct in text:gmatch "struct [%w_]+%s*%b{}%s*;" do write("%s\n", struct) end
  for line in text:gmatch "typedef [^;]+;" do write("%s\n", line) end
end

local file = assert(io.open(CDEF, "rb"))
local cdef = file:read "*a"
file:close()
local foreign = dofile(FOREIGN)

write "/* Made by core/puc/declare.lua. */\n"
write '#include <stddef.h>\n#include <stdint.h>\n\n#include "mtr.h"\n#include "puc/call.h"\n'
write '#include "puc/library.h"\n\n'
local names = {}
for name in pairs(foreign) do names[#names + 1] = name end
table.sort(names)
for _, name in ipairs(names) do foreign_types(foreign[name].cdef) end
read(cdef)
for _, name in ipairs(names) do read(foreign[name].cdef, foreign[name].file) end
write_types()
write_libraries()
io.write(table.concat(code))
