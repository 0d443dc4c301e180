-- SPDX-License-Identifier: MIT
--
-- Lets plain `busted` work in a built tree: tells specs, and the processes that they start, where
-- the libraries and the program are. Values that are already set, such as those of `make asan`, are
-- kept. Under PUC Lua (spec/support/harness/under) it gives specs the names of LuaJIT instead.
--
-- Code of a spec is compiled later than elsewhere: most of it runs a few times, and compiling costs
-- system calls. Programs that specs start compile as they do for users.
local jitted, ffi = pcall(require, "ffi")

if not jitted then
  local compat = require "mtr.compat"
  unpack, loadstring = compat.unpack, compat.loadstring    -- luacheck: ignore 111 121
  package.preload.bit = function() return compat.bit end
  return
end

require "jit.opt".start("hotloop=300", "hotexit=60")

ffi.cdef [[
  int setenv(const char *name, const char *value, int overwrite);
  int unsetenv(const char *name);
  char *getcwd(char *path, size_t size);
]]

-- The sanitizer is in this process now. The programs that specs start need it no more than this
-- one's shell did: mtrlua has its own, and Luas get it as this one did (Makefile).
if (os.getenv "LD_PRELOAD" or ""):find "libasan" then ffi.C.unsetenv "LD_PRELOAD" end

local place = ffi.new "char[4096]"
assert(ffi.C.getcwd(place, 4096) ~= nil, "this directory has no path")
local build = ffi.string(place) .. "/build/"

local keep = 0
ffi.C.setenv("MTR_LIB", build .. "libmtr.so", keep)
ffi.C.setenv("MTR_TESTLIB", build .. "test/libmtrtest.so", keep)
ffi.C.setenv("MTR_PROGRAM", build .. "mtrlua", keep)

-- No spec asks the name servers of this host about addresses.
ffi.C.setenv("MTR_NAME_SERVERS", "none", keep)
