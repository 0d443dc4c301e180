-- SPDX-License-Identifier: MIT
--
-- Makes the kernel refuse system calls of this process, as the seccomp profile of a
-- container does. This cannot be undone, so it needs a separate LuaJIT process: luajit
-- spec/support/real/refuse.lua RULES CODE runs CODE under rules such as "socket:10:3" or "recvmmsg"
-- (name, then what its arguments must be), each of which fails with EPERM. It knows x86-64 and
-- arm64 only.

local ffi = require "ffi"

ffi.cdef [[
struct refuse_code { uint16_t code; uint8_t jt, jf; uint32_t k; };
struct refuse_prog { uint16_t len; struct refuse_code *filter; };
int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);
]]

local NUMBERS = {
  x64 = { socket = 41, sendmmsg = 307, recvmmsg = 299, recvmsg = 47 },
  arm64 = { socket = 198, sendmmsg = 269, recvmmsg = 243, recvmsg = 212 },
}
local LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
local ALLOW, REFUSE = 0x7fff0000, 0x00050001 -- EPERM
local SET_NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2

-- Adds the instructions of one rule.
local function add(code, rule)
  local words = {}
  for word in rule:gmatch "[^:]+" do words[#words + 1] = word end
  local tests = { { 0, assert(NUMBERS[jit.arch][words[1]], rule) } }
  for i = 2, #words do
    if words[i] ~= "*" then tests[#tests + 1] = { 16 + 8 * (i - 2), tonumber(words[i]) } end
  end
  for i, test in ipairs(tests) do
    code[#code + 1] = { LOAD, 0, 0, test[1] }
    code[#code + 1] = { EQUAL, 0, 2 * (#tests - i) + 1, test[2] }
  end
  code[#code + 1] = { RETURN, 0, 0, REFUSE }
end

local function refuse(rules)
  local code = {}
  for rule in rules:gmatch "%S+" do add(code, rule) end
  code[#code + 1] = { RETURN, 0, 0, ALLOW }
  local filter = ffi.new("struct refuse_code[?]", #code, code)
  local prog = ffi.new("struct refuse_prog[1]", { { #code, filter } })
  assert(ffi.C.prctl(SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
  local address = tonumber(ffi.cast("uintptr_t", prog))
  assert(ffi.C.prctl(SET_SECCOMP, FILTER, address, 0, 0) == 0, "seccomp")
end

assert(#arg == 2, "usage: refuse.lua RULES CODE")
refuse(arg[1])
assert(loadstring(arg[2], "=code"))()
