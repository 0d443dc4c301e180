-- SPDX-License-Identifier: MIT
--
-- The C interface: what the library exports is what core/mtr.h declares, and LuaJIT's idea of its
-- records is the compiler's.
local ffi = require "ffi"
local runs = require "spec.support.harness.run"
local run = runs.run

local header = assert(io.open("core/mtr.h")):read("*a")
local code = header:gsub("/%*.-%*/", " ")

-- The parameter lists tell functions from everything else.
local function declared()
  local names = {}
  for name in code:gmatch("%f[%w_](mtr_[%w_]+)%s*%(") do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function exported(library)
  local names = {}
  for line in run("nm -D --defined-only " .. library).out:gmatch("[^\n]+") do
    names[#names + 1] = line:match("%S+$")
  end
  table.sort(names)
  return names
end

describe("the C interface", function()
  local lib = require "mtr.lib"
  local library = os.getenv "MTR_LIB"

  teardown(runs.clean)

  it("is exported whole and alone by libmtr.so", function()
    assert.is_true(#declared() > 20)
    assert.same(declared(), exported(library))
  end)

  it("is all that mtrlua exports", function()
    for _, name in ipairs(exported(os.getenv "MTR_PROGRAM")) do
      assert.truthy(name:find("^mtr_") or name:find("^_") or name:find("^std"), name)
    end
  end)

  it("is all that libmtr.a makes global", function()
    local names = {}
    for name in run("nm -g --defined-only build/libmtr.a").out:gmatch("%x+ %u ([%w_]+)") do
      names[#names + 1] = name
    end
    table.sort(names)
    assert.same(declared(), names)
  end)

  it("has the number that the header says", function()
    assert.equal(tonumber(code:match("MTR_ABI = (%d+)")), lib.C.mtr_abi())
  end)

  it("has the same records in C and in LuaJIT", function()
    local checked = 0
    for record in code:gmatch("struct (mtr_[%w_]+) {") do
      local name = record:gsub("^mtr_", "")
      local size = lib.C.mtr_sizeof(name)
      assert.equal(tonumber(size), ffi.sizeof("struct " .. record), record)
      checked = checked + 1
    end
    assert.equal(17, checked)
    assert.equal(0, lib.C.mtr_sizeof("nonsense"))
  end)

  it("keeps an event within a cache line", function()
    assert.is_true(ffi.sizeof "struct mtr_event" <= 64)
  end)

  it("has no pointers, bitfields or 64-bit integers in its records", function()
    for body in code:gmatch("struct mtr_[%w_]+ (%b{})") do
      assert.falsy(body:find("[*:]") or body:find("int64"), body)
    end
  end)

  it("names its library libmtr.so.0 and never lets it be unloaded", function()
    local dynamic = run("readelf -d " .. library).out
    assert.truthy(dynamic:find("soname: [libmtr.so.0]", 1, true))
    assert.truthy(dynamic:find("NODELETE", 1, true))
  end)

  -- Each language with every compiler that is here, and with one at least.
  for language, compilers in pairs {
    ["c -std=c11"] = { "gcc", "clang" }, ["c++"] = { "g++", "clang++" },
  } do
    it("compiles alone as " .. language, function()
      local tried = 0
      for _, compiler in ipairs(compilers) do
        if runs.has(compiler) then
          local got = run(compiler .. " -x " .. language
            .. " -Wall -Wextra -pedantic -Werror -fsyntax-only core/mtr.h")
          assert.equal("", got.err)
          assert.equal(0, got.status)
          tried = tried + 1
        end
      end
      if tried == 0 then
        pending("needs " .. table.concat(compilers, " or "))
      end
    end)
  end
end)
