-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/ext.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local vectors = require "spec.support.packets.vectors"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/ext.h" }
local hex, object = packet.hex, packet.object

describe("extensions:", function() vectors.each("ext", it) end)

-- A cursor over bytes, which the caller keeps.
local function cursor(bytes)
  local p = ffi.cast("const uint8_t *", bytes)
  return ffi.new("struct bytes", { p, p + #bytes, 0 })
end

-- The first object of bytes, which the caller keeps.
local function first(bytes)
  local o = ffi.new("struct wire_object")
  assert.equal(1, C.ext_next(cursor(bytes), o))
  return o
end

describe("ext_next", function()
  it("gives every object in turn, whatever its class", function()
    local bytes = object(1, 1, hex "12345140") .. object(200, 7, "") .. object(2, 9, "12345678")
    local b, o, seen = cursor(bytes), ffi.new("struct wire_object"), {}
    while C.ext_next(b, o) == 1 do
      seen[#seen + 1] = ("%d/%d %s"):format(o.class, o.type,
        o.size > 0 and packet.dump(ffi.string(o.data, o.size)) or "-")
    end
    assert.same({ "1/1 12345140", "200/7 -", "2/9 " .. packet.dump "12345678" }, seen)
    assert.equal(0, C.ext_next(b, o))
  end)

  it("refuses a value that is not an object", function()
    for _, text in ipairs{ "00", "000401", "00000101", "00030101", "00060101 0000",
      "00080101 000000", "ffff0101" } do
      local bytes = hex(text)
      assert.equal(wire.EBADMSG, C.ext_next(cursor(bytes), ffi.new("struct wire_object")))
    end
  end)
end)

describe("ext_mpls", function()
  local out = ffi.new("struct wire_mpls[4]")

  it("reads a label stack", function()
    local bytes = object(1, 1, hex "12345e40 fffff1ff")
    assert.equal(2, C.ext_mpls(first(bytes), out, 4))
    assert.same({ 0x12345, 7, 0, 0x40 }, { out[0].label, out[0].tc, out[0].bottom, out[0].ttl })
    assert.same({ 0xfffff, 0, 1, 0xff }, { out[1].label, out[1].tc, out[1].bottom, out[1].ttl })
  end)

  it("counts what it has no room for", function()
    local bytes = object(1, 1, hex "12345e40 fffff1ff")
    out[1].label = 7
    assert.equal(2, C.ext_mpls(first(bytes), out, 1))
    assert.equal(7, out[1].label)
    assert.equal(2, C.ext_mpls(first(bytes), nil, 0))
  end)

  it("takes nothing else for one", function()
    for _, bytes in ipairs{ object(1, 2, "1234"), object(2, 1, "1234") } do
      assert.equal(wire.ENOMSG, C.ext_mpls(first(bytes), out, 4))
    end
    local empty = object(1, 1, "")
    assert.equal(0, C.ext_mpls(first(empty), out, 4))
  end)
end)

describe("ext_interface", function()
  local V4, V6 = "0001 0000 c6336407", "0002 0000 20010db8000700000000000000000007"
  local ETH0 = "08 65746830 000000"
  -- type, data, { role, has, index, address, name, mtu }
  local CASES = {
    { "all of an incoming interface", 0x0f, "00000005" .. V4 .. ETH0 .. "000005dc",
      { 0, 15, 5, "c6336407", "eth0", 1500 } },
    { "an outgoing interface's ipv6 address", 0x84, V6,
      { 2, 4, 0, "20010db8000700000000000000000007", "", 0 } },
    { "a next hop", 0xc4, V4, { 3, 4, 0, "c6336407", "", 0 } },
    { "a sub-ip component", 0x48, "0000ffff", { 1, 8, 65535, "", "", 0 } },
    { "a name without padding", 0x02, "04 6c6f30", { 0, 2, 0, "", "lo0", 0 } },
    { "a name whose length leaves the padding out", 0x03, "05 65746830 000000 000005dc",
      { 0, 3, 0, "", "eth0", 1500 } },
    { "the longest name", 0x02, "40" .. ("78"):rep(63), { 0, 2, 0, "", ("x"):rep(63), 0 } },
    { "an empty name", 0x02, "01 000000", { 0, 2, 0, "", "", 0 } },
    { "nothing at all", 0x00, "", { 0, 0, 0, "", "", 0 } },
    { "reserved bits", 0x38, "00000001", { 0, 8, 1, "", "", 0 } },
  }
  for _, case in ipairs(CASES) do
    it("reads " .. case[1], function()
      local bytes = object(2, case[2], hex(case[3]))
      local i = ffi.new("struct wire_interface")
      assert.equal(0, C.ext_interface(first(bytes), i))
      local size = i.family == 6 and 16 or i.family
      assert.same(case[4], { i.role, i.has, i.index, packet.dump(ffi.string(i.addr, size)),
        i.name_size > 0 and ffi.string(i.name, i.name_size) or "", i.mtu })
    end)
  end

  local BAD = {
    { "an index cut short", 0x08, "" }, { "an address cut short", 0x04, "0001 0000" },
    { "an unknown address family", 0x04, "0003 0000 01020304 01020304 01020304 01020304" },
    { "a name of length 0", 0x02, "00 000000" }, { "a name of 65", 0x02, "41" .. ("78"):rep(67) },
    { "a name beyond the end", 0x02, "08 657468" }, { "an mtu cut short", 0x09, "00000001" },
  }
  for _, case in ipairs(BAD) do
    it("refuses " .. case[1], function()
      local bytes = object(2, case[2], hex(case[3]))
      assert.equal(wire.EBADMSG, C.ext_interface(first(bytes), ffi.new("struct wire_interface")))
    end)
  end

  it("takes nothing else for one", function()
    local bytes = object(1, 1, "1234")
    assert.equal(wire.ENOMSG, C.ext_interface(first(bytes), ffi.new("struct wire_interface")))
  end)
end)
