-- SPDX-License-Identifier: MIT
--
-- The reader of JSON: what it takes, what it refuses, and that it reads what we write. Compared
-- with lua-cjson.
local cjson = require "cjson"
local json = require "mtr.record.json"
local json_read = require "mtr.record.json_read"
local run = require "spec.support.harness.run"
local random = require "spec.support.harness.random"

describe("the reader of JSON", function()
  for text, value in pairs {
    ["{}"] = {}, ["[]"] = {}, [" [ 1 , -2.5 , 3e2 ] "] = { 1, -2.5, 300 }, ["true"] = true,
    ['{"a":{"b":[true,false,"x"]},"n":null}'] = { a = { b = { true, false, "x" } } },
    ['"a\\n\\"\\\\\\/\\u0041\\u00e9\\u20ac\\ud83d\\ude00"'] =
      'a\n"\\/A\195\169\226\130\172\240\159\152\128',
    ["12345678901234"] = 12345678901234,
  } do
    it("takes " .. text, function()
      assert.same({ value, value }, { json_read.decode(text), json_read.plain(text) })
    end)
  end

  for _, text in ipairs { "", "{", "[", '"', '"a', "[1", "[1,", "[1 2]", '{"a"}', '{"a":}', "{a:1}",
    "nul", "tru", "-", "1 2", '"\\x"', '"\\u12"', '"a\nb"', "\0",
    '"\\ud800"', '"\\ude00"', ("["):rep(40) .. ("]"):rep(40) } do
    it("refuses " .. ("%q"):format(text):sub(1, 20), function()
      local value, message = json_read.plain(text)
      assert.is_nil(value)
      assert.truthy(message:find "^byte %d+: ")
      if text == '"a\nb"' then return end              -- lua-cjson does not mind
      value, message = json_read.decode(text)
      assert.same({ "nil", "string" }, { type(value), type(message) })
    end)
  end

  it("leaves null out of a table", function()
    for _, decode in ipairs { json_read.plain, json_read.decode } do
      assert.same({ a = { b = 1 } }, (decode '{"n":null,"a":{"b":1,"c":null}}'))
      assert.is_nil((decode "null"))
    end
  end)

  it("needs no lua-cjson", function()
    local got = run.run([["$MTR_PROGRAM" -e 'package.preload["cjson.safe"] = function() error() end
      local read = require "mtr.record.json_read"
      print(read.decode "[1]"[1], select(2, read.decode "["))']])
    assert.same({ "1\tbyte 2: expected a value\n", "" }, { got.out, got.err })
  end)

  local function any(r, depth)
    local kind = r(depth > 3 and 3 or 5)
    if kind == 1 then return r(1000000) / 8 end
    if kind == 2 then return r(2) == 1 end
    if kind == 3 then
      local bytes = {}
      for i = 1, r(6) do bytes[i] = ("a\"\\\n/\195\169"):sub(r(7), -1):sub(1, 2) end
      return table.concat(bytes)
    end
    local t = {}
    for i = 1, r(4) do t[kind == 4 and i or "k" .. i] = any(r, depth + 1) end
    return t
  end

  it("reads what we write, as lua-cjson does", function()
    local r = random(7)
    for _ = 1, 300 do
      local text = json.encode(any(r, 0))
      text = "[" .. text .. "]"
      assert.same(cjson.decode(text), (json_read.plain(text)))
      assert.same(cjson.decode(text), (json_read.decode(text)))
    end
  end)

  it("ends on any text that was cut off or damaged", function()
    local text, r = json.encode { a = { 1, 2, { b = "x\n" } }, c = "\195\169" }, random(3)
    for i = 0, #text - 1 do
      assert.is_nil((json_read.plain(text:sub(1, i))))
      assert.is_nil((json_read.decode(text:sub(1, i))))
    end
    for _ = 1, 2000 do
      local at = r(#text)
      local damaged = text:sub(1, at - 1) .. string.char(r(256) - 1) .. text:sub(at + 1)
      json_read.plain(damaged)
      json_read.decode(damaged)
    end
  end)
end)
