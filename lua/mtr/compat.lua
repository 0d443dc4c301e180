-- SPDX-License-Identifier: MIT
--
-- What LuaJIT has and other Lua has not, or has by another name. The files of this library take it
-- from here, so that they are the same in every Lua. In LuaJIT these are LuaJIT's own functions.
-- PUC Lua gets the FFI, bit and table.new from the C module mtr.ffi, which is searched for on
-- package.cpath and in build/ of a checkout.

local M = {}

local VERSION = _VERSION:match "%d+%.%d+"
local here = debug.getinfo(1, "S").source:match "^@(.*/)" or ""

local jitted, ffi = pcall(require, "ffi")
local puc = not (jit and jitted)       -- luacheck: ignore 143

local ABSENT = "mtr: %s has no FFI, and the C module mtr.ffi, which replaces it, cannot be loaded"
  .. " (%s); install it (Debian's package lua-mtr), or build it with make, which needs the Debian"
  .. " package %s"
local PACKAGES = { ["5.1"] = "liblua5.1-0-dev" }

local function find_module()
  local found, module = pcall(require, "mtr.ffi")
  if found then return module end
  local path = ("%s../../build/puc/%s/mtr/ffi.so"):format(here, VERSION)
  local open, message = package.loadlib(path, "luaopen_mtr_ffi")
  if open then return open() end
  local why = module:find("module 'mtr.ffi' not found", 1, true) and message or module
  error(ABSENT:format(jit and "this LuaJIT" or _VERSION, why,
    PACKAGES[VERSION] or "liblua" .. VERSION .. "-dev"), 0)
end

if puc then ffi = find_module() end
M.ffi, M.puc = ffi, puc

--- The module bit of LuaJIT.
M.bit = puc and ffi.bit or require "bit"

--- Makes a table with room: table.new of LuaJIT.
---@type fun(array: integer, hash: integer): table
M.new_table = puc and ffi.new_table or require "table.new"

M.unpack = unpack or table.unpack      -- luacheck: ignore 143
--- Returns its arguments in a table, and how many they are in n.
---@return { n: integer, [integer]: any }
function M.pack(...) return { n = select("#", ...), ... } end

M.loadstring = loadstring or load      -- luacheck: ignore 113

-- Lua 5.1 passes no arguments through xpcall.
local function xpcall_args(fn, handler, ...)
  local n = select("#", ...)
  if n == 0 then return xpcall(fn, handler) end
  local args = { ... }
  return xpcall(function() return fn(M.unpack(args, 1, n)) end, handler)
end

--- Calls a function with arguments; errors go to the handler.
M.xpcall = select(2, xpcall(function(x) return x end, print, true)) and xpcall or xpcall_args

--- Returns the coroutine that runs; nil in the main one.
---@return thread?
function M.running()
  local co, main = coroutine.running()
  if not main then return co end
end
if jit then M.running = coroutine.running end

--- Makes of a function that returns a number one whose whole numbers are integers, so that 5 is not
--- printed as 5.0. Where 5 is printed as 5 anyway, it is the function itself.
---@generic F: fun(x: number): number
---@param fn F
---@return F
function M.whole(fn)
  if not math.tointeger then return fn end           -- luacheck: ignore 143
  return function(x)
    local value = fn(x)
    return math.tointeger(value) or value            -- luacheck: ignore 143
  end
end

--- Whether a coroutine can yield through pcall, metamethods and iterators: not in Lua 5.1.
M.yields_through = jit ~= nil or VERSION ~= "5.1"

--- Makes a coroutine of any function; that of Lua 5.1 takes no C function.
---@type fun(fn: function): thread
M.create = M.yields_through and coroutine.create or function(fn)
  return coroutine.create(function(...) return fn(...) end)
end

--- Returns true if the running coroutine can yield. Lua 5.1 does not know; a yield that cannot be
--- raises its own error there.
M.isyieldable = coroutine.isyieldable or function() return M.running() ~= nil end

-- Lua 5.1 says how many parameters a function has only in its bytecode: behind a head of 12 bytes,
-- the name of the file and two line numbers. Its bytes 8 and 9 are the sizes of int and size_t.
local function dumped(fn)
  local ok, code = pcall(string.dump, fn)
  if not ok then return { nparams = 0, isvararg = true } end
  local int, size = code:byte(8, 9)
  local low, middle = code:byte(13, 14)
  local _, parameters, variable = code:byte(13 + size + low + middle * 256 + 2 * int, -1)
  return { nparams = parameters, isvararg = variable >= 2 }
end

-- From Lua 5.2 on, and in LuaJIT, getlocal knows the names of parameters, unless the function was
-- loaded without them. It makes no table, as getinfo does.
local second_name = debug.getlocal
if not pcall(second_name, print, 2) then second_name = function() return nil end end

--- Returns true if a function has a second parameter.
---@param fn function
---@return boolean
function M.takes_second(fn)
  if second_name(fn, 2) then return true end
  local info = debug.getinfo(fn, "u")
  if not info.nparams then info = dumped(fn) end
  return info.nparams >= 2 or info.isvararg
end

--- Returns an object; calls `fn` when it is collected.
---@param fn fun()
---@return any
function M.guard(fn)
  if not newproxy then return setmetatable({}, { __gc = fn }) end
  local proxy = newproxy(true)
  getmetatable(proxy).__gc = fn
  return proxy
end

--- Finds a file on a path as require does; nil if it is not there, and where it was searched for.
---@type fun(name: string, path: string): string?, string?
M.searchpath = package.searchpath or function(name, path)
  local tried = ""
  for template in path:gmatch "[^;]+" do
    local file = template:gsub("%?", (name:gsub("%.", "/")))
    local found = io.open(file, "rb")
    if found then
      found:close()
      return file
    end
    tried = ("%s\n\tno file '%s'"):format(tried, file)
  end
  return nil, tried
end

-- Without an FFI the struct is a table; its arrays are C arrays.
local function table_struct(declaration, index)
  local arrays, scalars = {}, {}
  for kind, names in declaration:gsub("//[^\n]*", ""):gmatch "([%w_]+) ([^;{}]+);" do
    for name, length in names:gmatch "([%w_]+)%[?([%d?]*)" do
      if length == "" then
        scalars[#scalars + 1] = name
      else
        arrays[name] = { kind .. "[?]", tonumber(length) }
      end
    end
  end
  local meta = { __index = index }
  return function(size)
    local object = {}
    for _, name in ipairs(scalars) do object[name] = 0 end
    for name, array in pairs(arrays) do object[name] = ffi.new(array[1], array[2] or size) end
    return setmetatable(object, meta)
  end
end

--- Makes a class of C structs and returns its constructor, whose parameter is the length of the
--- array with [?].
---@param declaration string a struct of numbers and arrays of numbers
---@param index fun(self: any, name: string): any gives what is no member
---@return fun(size: integer): any
function M.struct(declaration, index)
  if puc then return table_struct(declaration, index) end
  return ffi.metatype(ffi.typeof(declaration), { __index = index })
end

return M
