-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/checksum.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"

local C, ffi = core.load{ "core/wire/checksum.h" }

local function add(bytes, sum)
  return C.checksum_add(sum or 0, ffi.cast("const uint8_t *", bytes), #bytes)
end

describe("checksum", function()
  it("sums the example of RFC 1071", function()
    local bytes = packet.hex "0001 f203 f4f5 f6f7"
    assert.equal(0xddf2, C.checksum_fold(add(bytes)))
    assert.equal(0x220d, C.checksum_of(ffi.cast("const uint8_t *", bytes), #bytes))
  end)

  it("agrees with an independent sum for every length and alignment", function()
    local bytes = {}
    for i = 1, 80 do bytes[i] = string.char((i * 151 + i * i) % 256) end
    local text = table.concat(bytes)
    for from = 1, 5 do
      for to = from - 1, #text do
        local part = text:sub(from, to)
        assert.equal(packet.sum(part), C.checksum_fold(add(part)))
      end
    end
  end)

  it("adds up in parts that begin at even offsets", function()
    local text = packet.hex "fffe fdfc fbfa f9f8 f7f6 f5f4 f3"
    for at = 0, #text, 2 do
      local sum = add(text:sub(at + 1), add(text:sub(1, at)))
      assert.equal(packet.sum(text), C.checksum_fold(sum))
    end
  end)

  it("carries through the largest packet of ones", function()
    assert.equal(0xffff, C.checksum_fold(add(("\255"):rep(65534))))
    assert.equal(0, C.checksum_fold(add(("\0"):rep(65535))))
    assert.equal(0xffff, C.checksum_fold(0xffffffffffffffffULL))
  end)

  it("knows both pseudo-headers", function()
    local src4, dst4 = packet.hex "c0000201", packet.hex "cb007109"
    local v4 = packet.sum(src4 .. dst4 .. packet.hex "0011 0028")
    local p = ffi.cast("const uint8_t *", src4 .. dst4)
    assert.equal(v4, C.checksum_fold(C.checksum_pseudo(4, p, p + 4, 17, 0x28)))
    local both = packet.hex("20010db8" .. ("00"):rep(11) .. "01 20010db8 0009" .. ("00"):rep(9)
      .. "09")
    local v6 = packet.sum(both .. packet.hex "00000028 0000003a")
    local q = ffi.cast("const uint8_t *", both)
    assert.equal(v6, C.checksum_fold(C.checksum_pseudo(6, q, q + 16, 58, 0x28)))
  end)

  it("balances any sum", function()
    for sum = 1, 0x1ffff do
      local word = C.checksum_balance(sum)
      assert(C.checksum_fold(sum + word) == 0xffff, sum)
    end
  end)

  it("updates a field after a changed word", function()
    local header = packet.hex "4500 0028 1234 4000 4006 0000 c0000201 cb007109"
    local function field(bytes) return 0xffff - packet.sum(bytes) end
    for _, after in ipairs{ 0x3f06, 0x0006, 0x4006, 0xffff, 0 } do
      local changed = packet.patch(header, 8, packet.u16(after))
      assert.equal(field(changed), C.checksum_update(field(header), 0x4006, after))
    end
  end)
end)
