-- SPDX-License-Identifier: MIT
--
-- Tests core/base/bytes.h.

local core = require "spec.support.harness.core"
local inline = require "spec.support.harness.inline"

local _, ffi = core.load{ "core/base/bytes.h" }
local I = inline.load("core/base/bytes.h")

describe("bytes", function()
  local data = ffi.new("uint8_t[7]", 0x81, 0x02, 0x03, 0x04, 0x05, 0x86, 0x07)

  local cases = {
    { "u8", 1, 0x81 },
    { "u16", 2, 0x8102 },
    { "u32", 4, 0x81020304 },
  }

  for _, case in ipairs(cases) do
    local name, size, value = unpack(case)
    it("reads " .. name .. " in network order and moves on", function()
      local b = I.bytes_of(data, 7)
      assert.equal(value, tonumber(I["bytes_" .. name](b)))
      assert.equal(7 - size, tonumber(I.bytes_left(b)))
      assert.equal(0, b.bad)
    end)

    it("reads " .. name .. " up to the very end", function()
      local b = I.bytes_of(data, size)
      assert.equal(value, tonumber(I["bytes_" .. name](b)))
      assert.equal(0, tonumber(I.bytes_left(b)))
      assert.equal(0, b.bad)
    end)

    it("gives zero for " .. name .. " beyond the end and stays bad", function()
      local b = I.bytes_of(data, size - 1)
      assert.equal(0, tonumber(I["bytes_" .. name](b)))
      assert.equal(1, b.bad)
      assert.equal(0, tonumber(I.bytes_left(b)))
      assert.equal(0, tonumber(I.bytes_u8(b)))
      assert.equal(1, b.bad)
    end)

    it("writes " .. name .. " in network order and returns the next byte", function()
      local out = ffi.new("uint8_t[8]")
      local next_byte = I["put_" .. name](out, value)
      assert.equal(size, tonumber(next_byte - out))
      assert.equal(ffi.string(data, size), ffi.string(out, size))
      assert.equal(0, out[size])
    end)
  end

  for _, case in ipairs{
    { 1, 0x81ULL }, { 2, 0x0281ULL }, { 4, 0x04030281ULL }, { 7, 0x07860504030281ULL },
  } do
    local size, value = unpack(case)
    it(("reads and writes %d bytes in little-endian order"):format(size), function()
      local b, out = I.bytes_of(data, size), ffi.new("uint8_t[8]")
      assert.equal(value, I.bytes_le(b, size))
      assert.same({ 0, 0 }, { tonumber(I.bytes_left(b)), b.bad })
      assert.equal(0ULL, I.bytes_le(b, size))
      assert.equal(1, b.bad)
      assert.equal(size, tonumber(I.put_le(out, value, size) - out))
      assert.equal(ffi.string(data, size), ffi.string(out, size))
      assert.equal(0, out[size])
    end)
  end

  it("takes nothing from an empty cursor without harm", function()
    local b = I.bytes_of(data, 0)
    assert.is_true(I.bytes_take(b, 0) == data + 0)
    assert.equal(0, b.bad)
    assert.is_true(I.bytes_take(b, 1) == nil)
    assert.equal(1, b.bad)
  end)

  it("does not wrap round when asked for more than memory holds", function()
    local b = I.bytes_of(data, 7)
    assert.is_true(I.bytes_take(b, ffi.cast("size_t", -1)) == nil)
    assert.equal(1, b.bad)
  end)

  it("copies bytes, and none from NULL", function()
    local out = ffi.new("uint8_t[8]")
    assert.equal(3, tonumber(I.put_bytes(out, data, 3) - out))
    assert.equal(ffi.string(data, 3), ffi.string(out, 3))
    assert.equal(0, tonumber(I.put_bytes(out, nil, 0) - out))
  end)
end)
