-- SPDX-License-Identifier: MIT
--
-- Numbers and strings without stdio, against Lua's own printf; what JSON strings are escaped to is
-- held to lua/mtr/record/json.lua by json_spec.
local core = require "spec.support.harness.core"
local json = require "mtr.record.json"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/api/text.h" }

local buffer = ffi.new "char[4096]"

local function written(name, ...)
  local t = ffi.new "struct text"
  t.at, t["end"] = buffer, buffer + 4096
  C[name](t, ...)
  assert.equal(t.at - buffer, tonumber(t.size))
  return ffi.string(buffer, t.size)
end

local function put(name, ...)
  return ffi.string(buffer, C[name](buffer, ...) - buffer)
end

describe("text", function()
  it("writes whole numbers", function()
    local r = random(2)
    for _, n in ipairs{ 0, 7, 10, 99, 100, 99999999, 100000000, 100000001, 4294967295 } do
      assert.equal(("%.0f"):format(n), put("put_number", n))
    end
    for n = 0, 11000 do assert.equal(("%.0f"):format(n), put("put_number", n)) end
    for i = 1, 5000 do
      local n = r(math.floor(10 ^ (i % 10))) - 1
      assert.equal(("%.0f"):format(n), put("put_number", n))
    end
  end)

  it("writes milliseconds rounded to three decimals", function()
    local r = random(3)
    for i = 1, 5000 do
      local ms = (r() - 0.1) * 10 ^ (i % 16 - 4)
      local rounded = math.floor(ms * 1000 + 0.5) / 1000
      assert.equal(("%.3f"):format(rounded), put("put_ms", ms), ms)
    end
    for _, nothing in ipairs{ 0 / 0, 1 / 0, -1 / 0 } do
      assert.equal("null", put("put_ms", nothing))
    end
  end)

  it("writes milliseconds that are ties, single precision, or at a limit of its methods", function()
    local r, float = random(5), ffi.new "float[1]"
    local function same(ms)
      assert.equal(("%.3f"):format(math.floor(ms * 1000 + 0.5) / 1000), put("put_ms", ms), ms)
    end
    -- Sixteenths are exact, and every other one ends in half a microsecond.
    for i = 0, 20000 do same(i / 16) end
    for _ = 1, 20000 do
      float[0] = r() * 10 ^ r(8)
      same(float[0])
    end
    for _, edge in ipairs{ 0, 1, 9, 10, 99, 100, 999, 1000, 9999, 10000, 4294967.296, 1e8, 1e11 } do
      for d = -3, 3 do same(edge + d * 0.0005) end
    end
  end)

  it("writes seconds with six decimals", function()
    local r = random(4)
    for _ = 1, 5000 do
      local s = 2 ^ 30 + r() * 2 ^ 30
      assert.equal(("%.6f"):format(s), put("put_seconds", s))
    end
    -- Ties go up, and carry.
    for _, s in ipairs{ 2 ^ 30 + 0.5 ^ 7, 2 ^ 30 + 3 * 0.5 ^ 7, 2 ^ 30 + 0.9999998, 0 } do
      assert.equal(("%.6f"):format(s), put("put_seconds", s))
    end
    for _, nothing in ipairs{ 0 / 0, 1 / 0, -1 } do
      assert.equal("null", put("put_seconds", nothing))
    end
  end)

  it("writes strings that JSON accepts, whatever bytes came", function()
    local r = random(6)
    for _ = 1, 3000 do
      local bytes = {}
      for i = 1, r(12) - 1 do bytes[i] = string.char(r(3) == 1 and r(128) + 127 or r(256) - 1) end
      local given = table.concat(bytes)
      assert.equal(json.encode(given), written("text_quote", given, #given))
    end
    for _, given in ipairs{
      "gr\195\188n", "\226\130\172", "\240\159\146\169", "a\195", "\237\160\128", "\192\175",
      "\244\144\128\128", "\244\143\191\191", "\224\159\128", "\240\143\128\128", "\0\127\"\\/",
    } do
      assert.equal(json.encode(given), written("text_quote", given, #given))
    end
  end)
end)
