-- SPDX-License-Identifier: MIT
--
-- The C library: its declarations, its symbols, and the check that both have the same version.
--
-- The Makefile turns core/mtr.h into the module mtr.cdef, which has the declarations. In mtrlua the
-- symbols are in the program. In other hosts they are in a shared library, which is searched for in
-- $MTR_LIB, on package.cpath, beside this file, in build/ of a checkout, and where the linker of
-- the system searches. Only this file declares and loads; the other files use what it returns, and
-- call C.mtr_step(...) as in C.
--
-- In PUC Lua the types and functions are declared when the module mtr.ffi is built, and nothing is
-- declared here.
--
-- Two libraries with different ABI numbers cannot be in one process: the first one is declared, and
-- the other is refused.

local compat = require "mtr.compat"
local foreign = require "mtr.foreign"

local ffi = compat.ffi

local M = {}

--- The table that mtrlua's main program makes: sockets, options, signals; nil in any other host.
M.program = package.loaded["mtr.program"]

local here = debug.getinfo(1, "S").source:match "^@(.*/)" or ""

local function declarations()
  local ok, text = pcall(require, "mtr.cdef")
  if ok then return text end
  local chunk = loadfile(here .. "../../build/lua/mtr/cdef.lua")
  if chunk then return chunk() end
  error "mtr: the module mtr.cdef is missing: run make, or install the Lua files with make install"
end

local function readable(path)
  local file = path and io.open(path, "rb")
  if file then file:close() end
  return file and path
end

local function load()
  if M.program then return ffi.C end
  local path = os.getenv "MTR_LIB" or compat.searchpath("mtr.libmtr", package.cpath)
    or readable(here .. "libmtr.so") or readable(here .. "../../build/libmtr.so")
  local ok, library = pcall(ffi.load, path or "mtr")
  if ok then return library end
  error(("mtr: cannot load libmtr (%s); build it with make, or set MTR_LIB"):format(library))
end

local text = declarations()
if not pcall(ffi.typeof, "struct mtr_event") then ffi.cdef(text) end

-- The library must stay loaded as long as its functions can be called. So the module refers to it,
-- and package.loaded refers to the module.
local C = load()
M.C = C

local function check()
  local abi = tonumber(C.mtr_abi())
  if abi ~= C.MTR_ABI then
    error(("mtr: libmtr has ABI %d, but the Lua files need ABI %d"):format(abi, C.MTR_ABI))
  end
  for name in text:gmatch "struct mtr_([%w_]+) {" do
    local theirs, ours = C.mtr_sizeof(name), ffi.sizeof("struct mtr_" .. name)
    if theirs ~= ours then
      error(("mtr: struct mtr_%s has %d bytes in libmtr and %d in mtr.cdef"):format(
        name, theirs, ours))
    end
  end
end
check()

M.new, M.copy, M.fill, M.string = ffi.new, ffi.copy, ffi.fill, ffi.string
M.gc, M.sizeof = ffi.gc, ffi.sizeof
M.offsetof, M.cast = ffi.offsetof, ffi.cast

-- Returns a function that gives a library of the system, loaded when it is first asked for, or nil
-- if it is not installed.
local function optional(what)
  local library
  return function()
    if library == nil then
      if not pcall(ffi.typeof, what.mark) then ffi.cdef(what.cdef) end
      local found, loaded = pcall(ffi.load, what.file)
      library = found and loaded
    end
    return library or nil
  end
end

--- Returns zlib; nil if it is not installed.
---@type fun(): ffi.namespace*?
M.zlib = optional(foreign.zlib)

--- Returns SQLite; nil if it is not installed.
---@type fun(): ffi.namespace*?
M.sqlite = optional(foreign.sqlite)

--- The number of signals that mtrlua received, in [0]; always 0 in any other host.
M.signals = M.program and ffi.cast("volatile int32_t *", M.program.signals) or ffi.new "int32_t[1]"

--- Names of the counters in struct mtr_counters, in order.
---@type string[]
M.counters = {}
for name in text:match("struct mtr_counters %b{}"):gmatch "double ([%w_]+);" do
  M.counters[#M.counters + 1] = name
end

--- Names of the capabilities, with their bits.
---@type table<string, integer>
M.capabilities = {}
for name in text:gmatch "MTR_CAP_(%u[%u%d]*)" do
  M.capabilities[name:lower()] = C["MTR_CAP_" .. name]
end

return M
