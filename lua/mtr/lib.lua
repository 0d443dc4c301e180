-- SPDX-License-Identifier: MIT
--
-- The C library: its declarations, its symbols and the check that both are of one age.
--
-- The declarations are core/mtr.h itself, turned into the module mtr.cdef by the Makefile. Inside
-- mtrlua the symbols are in the program; elsewhere they are in a shared library, looked for in
-- $MTR_LIB, on package.cpath, beside this file, in build/ of a checkout, and where the system's
-- linker looks. This is the only file that declares or loads anything; the others take what they
-- need from here and write C.mtr_step(...) as C would.
--
-- Wrong if two libraries of different ABI numbers are in one process: the first one declared wins
-- and the other is refused.

local ffi = require "ffi"

local M = {}

--- What core/main.c left for us: sockets, options, signals; nil in any other host.
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
  local path = os.getenv "MTR_LIB" or package.searchpath("mtr.libmtr", package.cpath)
    or readable(here .. "libmtr.so") or readable(here .. "../../build/libmtr.so")
  local ok, library = pcall(ffi.load, path or "mtr")
  if ok then return library end
  error(("mtr: cannot load libmtr (%s); build it with make, or set MTR_LIB"):format(library))
end

local text = declarations()
if not pcall(ffi.typeof, "struct mtr_event") then ffi.cdef(text) end

-- The library must stay loaded as long as any function of it can be called, so it is anchored in
-- the module, which package.loaded holds.
local C = load()
M.C = C

local function check()
  local abi = tonumber(C.mtr_abi())
  if abi ~= C.MTR_ABI then
    error(("mtr: libmtr has ABI %d, the Lua files want %d"):format(abi, C.MTR_ABI))
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

--- How many signals mtrlua was given, in [0]; always 0 in any other host.
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
