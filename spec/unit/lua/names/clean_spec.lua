-- SPDX-License-Identifier: MIT
--
-- Text that is safe to print.
local clean = require "mtr.names.clean"

describe("a text from the network", function()
  it("has no escape codes, line ends or bytes that are not UTF-8", function()
    for text, wanted in pairs {
      ["r1.example.net"] = "r1.example.net", ["a\27[31mb"] = "a?[31mb", ["a\r\nb\tc\0"] = "a??b?c?",
      ["\127"] = "?", ["caf\195\169"] = "caf\195\169", ["\195"] = "?", ["\255\254x"] = "??x",
      ["\237\160\128"] = "???", ["\192\128"] = "??", [""] = "",
    } do
      assert.equal(wanted, clean.clean(text))
    end
  end)

  it("has no characters that turn or hide other text", function()
    local utf8 = require "mtr.base.utf8"
    for _, code in ipairs { 0x80, 0x9b, 0x9f, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
      0x202e, 0x2060, 0x2066, 0x2069, 0xfeff, 0xfff9 } do
      assert.equal("a?b", clean.clean("a" .. utf8.char(code) .. "b"), ("%x"):format(code))
    end
    for _, code in ipairs { 0xa0, 0xe9, 0x2010, 0x2027, 0x2030, 0x4e2d, 0x1f600 } do
      local text = "a" .. utf8.char(code) .. "b"
      assert.equal(text, clean.clean(text))
    end
  end)

  it("is cut where no name goes on", function()
    assert.equal(255, #clean.clean(("x"):rep(1000)))
    assert.equal(("x"):rep(253), clean.clean(("x"):rep(253)))
    assert.is_truthy(clean.clean(("\195\169"):rep(1000)):find "^[\195\169?.]+$")
  end)

  it("stays as it is when it is cleaned again", function()
    for _, text in ipairs { "a\27b", ("\226\128\174"):rep(200), "\195" } do
      assert.equal(clean.clean(text), clean.clean(clean.clean(text)))
    end
  end)
end)
