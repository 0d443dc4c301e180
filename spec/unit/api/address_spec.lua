-- SPDX-License-Identifier: MIT
--
-- Addresses of the C interface: text, bytes, classes. lua/addr_spec has the classes' own cases.
local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local random = require "spec.support.harness.random"

local C, ffi = core.load{ "core/mtr.h" }

local EINVAL, ENODEV = -22, -19

describe("mtr_address_put", function()
  for _, case in ipairs {
    { 32, 2 ^ 32 - 1, "ffffffff" }, { 32, 1, "00000001" }, { 24, 0x123456, "123456" },
    { 20, 0xabcde, "abcde0" }, { 1, 1, "80" }, { 7, 1, "02" }, { 8, 0, "00" },
    { 128, 2 ^ 52 + 1, ("00"):rep(9) .. "10000000000001" }, { 127, 3, ("00"):rep(15) .. "06" },
    { 60, 2 ^ 52 - 1, "00fffffffffffff0" }, { 0, 5, "00" },
  } do
    it(("writes %.0f before bit %d"):format(case[2], case[1]), function()
      local bytes = ffi.new "uint8_t[17]"
      C.mtr_address_put(bytes, case[1], case[2])
      local hex = ffi.string(bytes, 17):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
      assert.equal(case[3] .. ("0"):rep(34 - #case[3]), hex)
    end)
  end

  it("leaves the other bits of a byte as they are", function()
    local bytes = ffi.new("uint8_t[16]", { 0xe0 })
    C.mtr_address_put(bytes, 6, 5)
    assert.equal(0xf4, bytes[0])
  end)
end)

describe("addresses", function()
  for _, case in ipairs{
    { "192.0.2.1", 4, "c0000201" },
    { "0.0.0.0", 4, "" },
    { "255.255.255.255", 4, "ffffffff" },
    { "::", 6, "" },
    { "::1", 6, "00000000000000000000000000000001" },
    { "2001:DB8::a", 6, "20010db800000000000000000000000a" },
    { "::ffff:192.0.2.1", 6, "00000000000000000000ffffc0000201" },
    { "fe80::1%lo", 6, "fe800000000000000000000000000001", true },
    { "fe80::1%1", 6, "fe800000000000000000000000000001", true },
    { "fe80::1%nowhere", ENODEV }, { "fe80::1%99999", ENODEV }, { "fe80::1%0", ENODEV },
    { "fe80::1%4294967297", ENODEV }, { "fe80::1%1x", ENODEV },
    { "fe80::1%", ENODEV },
    { "192.0.2.1%lo", EINVAL }, { "192.0.2", EINVAL }, { "192.0.2.256", EINVAL },
    { "1.2.3.4.5", EINVAL }, { "", EINVAL }, { "%lo", EINVAL }, { "example.net", EINVAL },
    { " ::1", EINVAL }, { "2001:db8::1::2", EINVAL }, { ("f"):rep(1000), EINVAL },
    { "fe80::1%" .. ("x"):rep(200), EINVAL },
  } do
    local text, want, bytes, zone = unpack(case)
    it(("are read: %q: %d"):format(text:sub(1, 30), want), function()
      local addr, index = ffi.new("uint8_t[17]", ("\165"):rep(16)), ffi.new("uint32_t[1]", 77)
      addr[16] = 0xa5
      assert.equal(want, C.mtr_address(text, addr, index))
      assert.equal(0xa5, addr[16])
      if want > 0 then
        assert.equal(bytes .. ("0"):rep(32 - #bytes), packet.dump(ffi.string(addr, 16)))
        assert.equal(zone and C.mtr_interface("lo") or 0, index[0])
      end
    end)
  end

  it("are read without a place for a zone, if they have none", function()
    local addr = ffi.new "uint8_t[16]"
    assert.equal(4, C.mtr_address("192.0.2.1", addr, nil))
    assert.equal(6, C.mtr_address("::1", addr, nil))
    assert.equal(EINVAL, C.mtr_address("fe80::1%lo", addr, nil))
  end)

  it("come back as they were, whatever they are", function()
    local r = random(5)
    local bytes, back = ffi.new "uint8_t[16]", ffi.new "uint8_t[16]"
    local text, zone = ffi.new "char[46]", ffi.new "uint32_t[1]"
    for i = 1, 4000 do
      local family = i % 2 == 0 and 4 or 6
      ffi.fill(bytes, 16)
      for k = 0, family == 4 and 3 or 15 do bytes[k] = r(3) == 1 and 0 or r(256) - 1 end
      if i % 5 == 0 then ffi.fill(bytes + 2 * r(7) - 2, 2) end
      local length = C.mtr_address_text(bytes, family, text)
      assert.equal(#ffi.string(text), length)
      assert.equal(family, C.mtr_address(text, back, zone))
      assert.equal(ffi.string(bytes, 16), ffi.string(back, 16), ffi.string(text))
    end
  end)

  it("are of two families", function()
    local text = ffi.new "char[46]"
    assert.equal(EINVAL, C.mtr_address_text(ffi.new "uint8_t[16]", 5, text))
  end)

  it("take no more than 46 bytes", function()
    local text, bytes = ffi.new("char[47]", ("x"):rep(46)), ffi.new("uint8_t[16]")
    ffi.fill(bytes, 16, 0xff)
    assert.equal(39, C.mtr_address_text(bytes, 6, text))
    assert.equal(("ffff:"):rep(8):sub(1, 39), ffi.string(text))
  end)

  -- The first and the last address of each prefix, and their neighbours.
  for _, case in ipairs{
    { "9.255.255.255", "" }, { "10.0.0.0", "private" }, { "10.255.255.255", "private" },
    { "11.0.0.0", "" }, { "172.15.255.255", "" }, { "172.16.0.0", "private" },
    { "172.31.255.255", "private" }, { "172.32.0.0", "" }, { "100.63.255.255", "" },
    { "100.127.255.255", "shared" }, { "198.19.255.255", "benchmarking" }, { "198.20.0.0", "" },
    { "239.255.255.255", "multicast" }, { "240.0.0.0", "reserved" },
    { "255.255.255.254", "reserved" }, { "255.255.255.255", "broadcast" },
    { "0.0.0.0", "this-network" }, { "::", "unspecified" }, { "::1", "loopback" }, { "::2", "" },
    { "::ffff:10.0.0.1", "mapped" }, { "64:ff9b::1", "nat64" }, { "64:ff9b:1::5", "nat64" },
    { "64:ff9b::1:0:0", "" }, { "3fff:fff::", "documentation" }, { "3fff:1000::", "" },
    { "fdff::1", "private" }, { "fe00::", "" }, { "febf::", "link-local" }, { "fec0::", "" },
    { "ff02::1", "multicast" },
  } do
    it(("have classes: %s: %s"):format(case[1], case[2]), function()
      local bytes, zone = ffi.new "uint8_t[16]", ffi.new "uint32_t[1]"
      local family = C.mtr_address(case[1], bytes, zone)
      assert.equal(case[2], ffi.string(C.mtr_address_class(bytes, family)))
    end)
  end
end)
