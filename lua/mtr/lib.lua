-- SPDX-License-Identifier: MIT
--
-- The C library: its declarations, its symbols, and the check that both have the same version.
--
-- The Makefile turns core/mtr.h into the module mtr.cdef, which has the declarations. In mtrlua the
-- symbols are in the program. In other hosts they are in a shared library: $MTR_LIB, or the first
-- found of mtr.libmtr on package.cpath, beside this file, in build/ of a checkout, in the lib/ that
-- belongs to this file's share/lua/5.1, and where the linker of the system searches. Only this file
-- declares and loads; the other files use what it returns, and call C.mtr_step(...) as in C.
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
  error("mtr: the module mtr.cdef is missing: run make, or install the Lua files (Debian's package "
    .. "lua-mtr, make install)", 0)
end

local function readable(path)
  local file = io.open(path, "rb")
  return file and file:close() and path
end

-- Where the library is beside this file: in the same directory, in a checkout, under one PREFIX.
local BESIDE = { "libmtr.so", "../../build/libmtr.so", "../../../../lib/libmtr.so.0" }

local function search()
  local path, tried = compat.searchpath("mtr.libmtr", package.cpath)
  if path then return path end
  tried = tried:gsub("^no file", "\n\t%0")                -- as Lua 5.4 begins
  for _, place in ipairs(BESIDE) do
    path = readable(here .. place)
    if path then return path end
    tried = tried .. "\n\tno file '" .. here .. place .. "'"
  end
  return "libmtr.so.0", tried
end

local function load()
  if M.program then return ffi.C end
  local path, tried = os.getenv "MTR_LIB"
  if not path then path, tried = search() end
  local ok, library = pcall(ffi.load, path)
  if ok then return library end
  error(("mtr: cannot load libmtr: %s%s\nInstall it (Debian's package libmtr0, make install), "
    .. "build it with make, or name the file in MTR_LIB"):format(library, tried or ""), 0)
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

-- From hiredis.h and read.h of hiredis. The struct redisReply of 0.14 and that of 1.x differ. Not
-- for PUC Lua, so it is not in mtr.foreign.
local REDIS = [[
struct mtr_redis_0 { int type; long long integer; size_t len; char *str; size_t elements;
  void **element; };
struct mtr_redis_1 { int type; long long integer; double number; size_t len; char *str;
  char vtype[4]; size_t elements; void **element; };
struct mtr_redis_reader { int err; char errstr[128]; };
struct mtr_redis_reader *mtr_redis_reader(void) __asm__("redisReaderCreate");
void mtr_redis_reader_free(struct mtr_redis_reader *) __asm__("redisReaderFree");
int mtr_redis_feed(struct mtr_redis_reader *, const char *, size_t) __asm__("redisReaderFeed");
int mtr_redis_next(struct mtr_redis_reader *, void **) __asm__("redisReaderGetReply");
void mtr_redis_free(void *) __asm__("freeReplyObject");
]]

local HIREDIS = {}
for i, file in ipairs { "libhiredis.so.0.14", "libhiredis.so.1.1.0", "libhiredis.so.1.0.0" } do
  HIREDIS[i] = { optional { file = file, mark = "struct mtr_redis_0", cdef = REDIS },
    i == 1 and "struct mtr_redis_0 *" or "struct mtr_redis_1 *" }
end

--- Returns hiredis, and the type of a pointer to its replies; nil if it is not installed.
---@return ffi.namespace*?
---@return string? type
function M.hiredis()
  for _, file in ipairs(rawget(_G, "jit") and HIREDIS or {}) do
    local library = file[1]()
    if library then return library, file[2] end
  end
end

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
