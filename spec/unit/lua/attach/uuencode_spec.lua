-- SPDX-License-Identifier: MIT
--
-- The text of bytes, also as scamper 20211212 has sent it and as uudecode(1) would read it.
local lib = require "mtr.lib"
local random = require "spec.support.harness.random"
local uuencode = require "mtr.attach.uuencode"

local C = lib.C

-- The text of a string, behind a line that has to say its length.
local function encode(bytes)
  local framed = lib.string(uuencode.framed(bytes, #bytes))
  local length, text = framed:match "^DATA (%d+)\n(.*)$"
  assert.equal(#text, tonumber(length))
  return text
end

-- Decodes text, from the description of the format.
local function decode(text)
  local out = {}
  for line in text:gmatch "([^\n]*)\n" do
    local n, bytes = (line:byte() - 32) % 64, {}
    for four in line:sub(2):gmatch "...." do
      local value = 0
      for i = 1, 4 do value = value * 64 + (four:byte(i) - 32) % 64 end
      bytes[#bytes + 1] = string.char(math.floor(value / 65536), math.floor(value / 256) % 256,
        value % 256)
    end
    assert((#line - 1) % 4 == 0 and n <= 45)
    out[#out + 1] = table.concat(bytes):sub(1, n)
  end
  return table.concat(out)
end

describe("uuencode", function()
  it("writes the stop of a cycle as scamper does", function()
    local record = "\18\5\0\4\0\0\0\9\0\0\0\1\107\11\240\3\0"
    assert.equal("1$@4`!`````D````!:POP`P``\n`\n", encode(record))
  end)

  for text, wanted in pairs { [""] = "`\n", ["a"] = "!80``\n`\n", ["ab"] = '"86(`\n`\n',
    ["abc"] = "#86)C\n`\n", [("\0"):rep(45)] = "M" .. ("`"):rep(60) .. "\n`\n" } do
    it(("writes %d bytes"):format(#text), function()
      assert.equal(wanted, encode(text))
    end)
  end

  it("loses nothing, whatever the length", function()
    local rand = random(7)
    for n = 0, 300 do
      local bytes = {}
      for i = 1, n do bytes[i] = string.char(rand(256) - 1) end
      local text = table.concat(bytes)
      assert.equal(text, decode(encode(text)))
    end
    local long = ("\1\200\77"):rep(200000)
    assert.equal(long, decode(encode(long)))
  end)

  it("reads memory", function()
    local bytes = lib.new("uint8_t[4]", { 97, 98, 99, 100 })
    assert.equal("DATA 8\n#86)C\n`\n", lib.string(uuencode.framed(bytes, 3)))
  end)

  it("writes nothing where there is no room", function()
    local out = lib.new "char[16]"
    for n, length in pairs { [0] = 2, [1] = 8, [3] = 8, [4] = 12 } do
      lib.fill(out, 16, 1)
      assert.equal(-90, C.mtr_uuencode("abcd", n, out, length - 1))
      assert.equal(("\1"):rep(16), lib.string(out, 16))
      assert.equal(length, C.mtr_uuencode("abcd", n, out, length))
      assert.equal("\n\1", lib.string(out + (length - 1), 2))
    end
  end)
end)
