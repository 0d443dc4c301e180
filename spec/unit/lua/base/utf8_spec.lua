-- SPDX-License-Identifier: MIT
--
-- Characters as UTF-8, at the ends of each length.
local utf8 = require "mtr.base.utf8"

describe("a character as UTF-8", function()
  for code, bytes in pairs {
    [0] = "\0", [0x7f] = "\127", [0x80] = "\194\128", [0x7ff] = "\223\191",
    [0x800] = "\224\160\128", [0xfffd] = "\239\191\189", [0xffff] = "\239\191\191",
    [0x10000] = "\240\144\128\128", [0x10ffff] = "\244\143\191\191",
  } do
    it(("is %d bytes for U+%04X"):format(#bytes, code), function()
      assert.equal(bytes, utf8.char(code))
    end)
  end
end)

describe("text that is to be UTF-8", function()
  for text, want in pairs {
    [""] = "", ["b\195\188cher"] = "b\195\188cher", ["\226\130\172"] = "\226\130\172",
    ["\240\159\152\128"] = "\240\159\152\128", ["a\255b"] = "a?b", ["\195"] = "?",
    ["\195\40"] = "?(", ["\192\128"] = "??", ["\237\160\128"] = "???", ["\224\128\128"] = "???",
    ["\244\144\128\128"] = "????", ["\226\130"] = "??",
  } do
    it(("has a mark for each byte that is not: %q"):format(text), function()
      assert.equal(want, utf8.clean(text, "?"))
    end)
  end
end)
