-- SPDX-License-Identifier: MIT
--
-- Lines of bounded length, however the bytes come.
local lines = require "mtr.serve.lines"

local MOST = 8

-- The lines of pieces, in a list.
local function cut(...)
  local cutter, list = lines.new(MOST), {}
  for _, piece in ipairs { ... } do
    cutter:add(piece)
    local line = cutter:next()
    while line ~= nil do
      list[#list + 1] = line
      line = cutter:next()
    end
  end
  return list, cutter
end

describe("lines", function()
  for name, case in pairs {
    ["in one piece"] = { { "a\nb\n" }, { "a", "b" } },
    ["in many pieces"] = { { "a", "b\n", "", "c", "\n" }, { "ab", "c" } },
    ["that are empty"] = { { "\n\n" }, { "", "" } },
    ["of Windows"] = { { "a\r\nb\r\n" }, { "a", "b" } },
    ["of Windows, some empty"] = { { "\r\n\r\r\nb\n\r\n\n" }, { "", "\r", "b", "", "" } },
    ["with NUL bytes"] = { { "a\0b\n" }, { "a\0b" } },
    ["as long as allowed"] = { { "12345678\n" }, { "12345678" } },
    ["longer than allowed"] = { { "123456789\nb\n" }, { false, "b" } },
    ["longer, in pieces"] = { { "12345678", "9", ("x"):rep(1000), "y\nb\n" }, { false, "b" } },
    ["longer, one after another"] = { { "123456789\n123456789\n" }, { false, false } },
  } do
    it("are cut " .. name, function() assert.same(case[2], (cut(unpack(case[1])))) end)
  end

  it("keep no more than a line in memory", function()
    local _, cutter = cut(("x"):rep(MOST))
    for _ = 1, 100 do
      cutter:add(("y"):rep(1000))
      assert.is_nil(cutter:next())
    end
    assert.equal("", cutter.text)
  end)

  it("end with the input", function()
    local _, cutter = cut("a\nb")
    cutter:finish()
    assert.equal("b", cutter:next())
    assert.is_nil(cutter:next())
    cutter:finish()
    assert.is_nil(cutter:next())
  end)

  it("that are too long end with the input too", function()
    local _, cutter = cut("123456789")
    cutter:finish()
    assert.is_false(cutter:next())
    assert.is_nil(cutter:next())
  end)
end)
