-- SPDX-License-Identifier: MIT
--
-- Text in columns, with and without UTF-8 and colours.
local text = require "mtr.screen.text"

local function environment(values)
  return text.environment(function(name) return values[name] end)
end

describe("the environment", function()
  it("says by the locale whether there is UTF-8; LC_ALL goes first", function()
    for _, case in ipairs {
      { {}, false }, { { LANG = "de_DE.UTF-8" }, true }, { { LANG = "C" }, false },
      { { LANG = "C.UTF-8", LC_ALL = "C" }, false }, { { LANG = "C", LC_CTYPE = "C.utf8" }, true },
      { { LC_ALL = "", LANG = "en_US.utf8" }, true },
    } do
      assert.equal(case[2], environment(case[1]).utf8)
    end
  end)

  it("forbids colours by NO_COLOR, unless that is empty", function()
    assert.is_true(environment {}.color)
    assert.is_true(environment { NO_COLOR = "" }.color)
    assert.is_false(environment { NO_COLOR = "1" }.color)
  end)
end)

describe("text", function()
  it("has as many columns as characters", function()
    assert.same({ 0, 3, 3, 2 }, { text.width "", text.width "abc", text.width "äöü",
      text.width "▁█" })
  end)

  it("is cut and filled to columns, never in the middle of a character", function()
    assert.equal("äö", text.cut("äöü", 2))
    assert.equal("", text.cut("abc", 0))
    assert.equal("abc  ", text.fit("abc", 5))
    assert.equal("abc..", text.fit("abcdefgh", 5))
    assert.equal("abcd", text.fit("abcdefgh", 4))
    assert.equal("  ä", text.right("ä", 3))
    assert.equal("abcd", text.right("abcd", 3))
  end)

  it("is clipped with its styles, which end with it", function()
    local style = text.new { color = true }
    local line = "ab" .. style:paint("cdef", "red") .. "gh"
    assert.equal("ab\27[31mcd\27[0m", (text.clip(line, 4):gsub("\27%[0m\27%[0m$", "\27[0m")))
    assert.equal(line, (text.clip(line, 8):gsub("\27%[0m$", "")))
    assert.equal("abc", text.clip("abcdef", 3))
  end)
end)

describe("a style", function()
  it("paints, without colours if there are none, and not at all if not wanted", function()
    assert.equal("\27[1;31mx\27[0m", text.new { color = true }:paint("x", "bold red"))
    assert.equal("\27[1mx\27[0m", text.new { color = false }:paint("x", "bold red"))
    assert.equal("x", text.new { color = false }:paint("x", "red"))
    assert.equal("x", text.new { color = true, styled = false }:paint("x", "bold"))
    assert.equal("x", text.new { color = true }:paint "x")
  end)

  it("has bars from the lowest to the highest", function()
    for utf8, all in pairs { [true] = "▁▂▃▄▅▆▇█", [false] = "_.,-=+*#" } do
      local style, out = text.new { utf8 = utf8 }, {}
      for i = 1, 8 do out[i] = style:bar(i / 8) end
      assert.equal(all, table.concat(out))
      assert.equal(out[1], style:bar(0))
      assert.equal(out[8], style:bar(3))
    end
  end)
end)
