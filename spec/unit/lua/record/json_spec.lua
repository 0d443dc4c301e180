-- SPDX-License-Identifier: MIT
--
-- The JSON of records; what it writes is read back by lua-cjson.
local cjson = require "cjson"
local json = require "mtr.record.json"
local random = require "spec.support.harness.random"

describe("JSON", function()
  for _, case in ipairs {
    { {}, "[]" }, { { 1, 2 }, "[1,2]" }, { { a = {} }, '{"a":[]}' },
    { { b = 1, a = 2 }, '{"a":2,"b":1}' }, { { { a = 1 }, { b = 2 } }, '[{"a":1},{"b":2}]' },
    { true, "true" }, { "x", '"x"' }, { 1, "1" }, { -0.5, "-0.5" }, { 1e15, "1000000000000000" },
    { 4294967295, "4294967295" }, { 1 / 3, "0.33333333333333" }, { 2 ^ 60, "1.1529215046068e+18" },
    { 0 / 0, "null" }, { math.huge, "null" }, { -math.huge, "null" },
    { { a = 1, _b = 2, c = print, [1.5] = 3 }, '{"a":1}' }, { { a = print }, "{}" },
    { 'q"\\/', '"q\\"\\\\/"' }, { "\0\1\n\r\t\8\12\127", '"\\u0000\\u0001\\n\\r\\t\\b\\f\\u007f"' },
  } do
    it("of a value is " .. case[2], function()
      assert.equal(case[2], json.encode(case[1]))
    end)
  end

  it("keeps UTF-8 and replaces other bytes", function()
    for given, text in pairs {
      ["gr\195\188n"] = "gr\195\188n", ["\226\130\172"] = "\226\130\172",
      ["\240\159\146\169"] = "\240\159\146\169",
      ["\255"] = "\239\191\189", ["a\195"] = "a\239\191\189", ["\195(b"] = "\239\191\189(b",
      ["\192\175"] = "\239\191\189\239\191\189",                        -- overlong
      ["\237\160\128"] = ("\239\191\189"):rep(3),                       -- a surrogate
      ["\244\144\128\128"] = ("\239\191\189"):rep(4),                   -- above U+10FFFF
    } do
      assert.equal('"' .. text .. '"', json.encode(given))
    end
  end)

  it("writes members in the given order, the others by name", function()
    local shape = json.shape({ "type", "version" }, { rtt = "%.3f" })
    assert.equal('{"type":"t","version":"1","a":1,"rtt":0.500,"z":[{"rtt":2.000}]}',
      json.encode({ z = { { rtt = 2 } }, a = 1, version = "1", rtt = 0.5, type = "t" }, shape))
  end)

  it("is read back as it was, whatever bytes a network sent", function()
    local draw = random(3)
    for _ = 1, 3000 do
      local bytes = {}
      for i = 1, draw(12) - 1 do bytes[i] = string.char(draw(256) - 1) end
      local text = json.encode { name = table.concat(bytes), n = draw(1000) / 8 }
      assert.is_nil(text:find "[%c]", text)
      local back = cjson.decode(text)
      assert.equal(text, json.encode(back))
    end
  end)
end)
