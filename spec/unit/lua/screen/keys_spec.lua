-- SPDX-License-Identifier: MIT
--
-- The bytes of a terminal as names of keys.
local keys = require "mtr.screen.keys"

describe("keys", function()
  for name, case in pairs {
    ["letters and signs"] = { "q?9", { "q", "?", "9" } },
    ["control characters with a name"] = { "\t\r\127\12", { "tab", "enter", "backspace",
      "redraw" } },
    ["arrows of xterm in both modes"] = { "\27[A\27[B\27OC\27OD", { "up", "down", "right",
      "left" } },
    ["pages and ends of xterm, rxvt and the console"] = {
      "\27[5~\27[6~\27[H\27[F\27[1~\27[4~\27[7~\27[8~\27[Z", { "pageup", "pagedown", "home", "end",
        "home", "end", "home", "end", "backtab" } },
    ["an arrow with a modifier"] = { "\27[1;5C", { "right" } },
    ["Escape before a letter"] = { "\27q", { "escape", "q" } },
    ["nothing in other bytes and unknown sequences"] = { "\1\195\164\27[99~\27[?25h", {} },
  } do
    it("are " .. name, function() assert.same(case[2], keys.new():feed(case[1])) end)
  end

  it("are not kept for ever when a sequence does not end", function()
    local reader = keys.new()
    reader:feed("\27[" .. ("1"):rep(20))
    assert.equal("", reader.kept)
    assert.same({ "q" }, reader:feed "q")
  end)

  it("are found when a sequence comes byte by byte", function()
    local reader, got = keys.new(), {}
    for byte in ("a\27[6~b"):gmatch "." do
      for _, key in ipairs(reader:feed(byte)) do got[#got + 1] = key end
    end
    assert.same({ "a", "pagedown", "b" }, got)
    assert.is_nil(reader:rest())
  end)

  it("are Escape if nothing follows it", function()
    local reader = keys.new()
    assert.same({}, reader:feed "\27")
    assert.equal("escape", reader:rest())
    assert.is_nil(reader:rest())
    assert.same({}, reader:feed "\27[")
    assert.is_nil(reader:rest())
    assert.same({ "a" }, reader:feed "a")
  end)
end)
