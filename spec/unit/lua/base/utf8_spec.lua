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
