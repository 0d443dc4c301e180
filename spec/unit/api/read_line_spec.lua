-- SPDX-License-Identifier: MIT
--
-- Lines with every end, with zero bytes, and longer than the buffer.
local core = require "spec.support.harness.core"
local run = require "spec.support.harness.run"

local C, ffi = core.load { "core/mtr.h" }

-- The lines of a text: "text:bits", joined by blanks.
local function read(text, size)
  run.file("text", text)
  local file, list = assert(io.open(run.dir() .. "/text", "rb")), {}
  local buffer, length = ffi.new("char[?]", size + 1), ffi.new "uint32_t[1]"
  buffer[size] = 77
  while true do
    local bits = C.mtr_read_line(file, buffer, size, length)
    if bits == 0 then break end
    assert.equal(0, buffer[length[0]])
    list[#list + 1] = ffi.string(buffer, length[0]):gsub("%z", "0") .. ":" .. bits
  end
  file:close()
  assert.equal(77, buffer[size])
  return table.concat(list, " ")
end

describe("mtr_read_line", function()
  teardown(run.clean)

  it("tells how each line ended", function()
    assert.equal("a:3 b:7 c:5 :7 d:1", read("a\nb\r\nc\r\r\nd", 64))
  end)

  it("tells of zero bytes, and reads what is behind them", function()
    assert.equal("a0b:11 c:3", read("a\0b\nc\n", 64))
  end)

  it("reads a long line in pieces", function()
    assert.equal("abc:1 de:3 f:3", read("abcde\nf\n", 4))
    assert.equal("abc:1 :3 f:3", read("abc\nf\n", 4))
  end)

  it("reads nothing of an empty file, and an empty line of a newline", function()
    assert.equal("", read("", 64))
    assert.equal(":3", read("\n", 64))
    assert.equal(":5", read("\r", 64))
  end)

  it("returns the errno of a file that cannot be read", function()
    local file = assert(io.open(run.dir()))
    local buffer, length = ffi.new "char[8]", ffi.new "uint32_t[1]"
    assert.equal(-21, C.mtr_read_line(file, buffer, 8, length))
    file:close()
  end)
end)
