-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/build.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/build.h" }
local dump, hex = packet.dump, packet.hex
local PROTOCOL, MULTIPATH = wire.PROTOCOL, wire.MULTIPATH

local function verifies(bytes)
  return packet.verifies(ffi.cast("const uint8_t *", bytes), #bytes)
end

-- Every legal combination.
local function combinations()
  local list = {}
  for _, family in ipairs{ 4, 6 } do
    for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
      for _, multipath in ipairs{ "paris", "classic", "dublin" } do
        if multipath ~= "dublin" or protocol == "udp" then
          list[#list + 1] = { family = family, protocol = protocol, multipath = multipath }
        end
      end
    end
  end
  return list
end

local function with(base, more)
  local t = {}
  for k, v in pairs(base) do t[k] = v end
  for k, v in pairs(more) do t[k] = v end
  return t
end

local function name_of(o)
  return ("%s %s over IPv%d"):format(o.protocol, o.multipath, o.family)
end

-- Whole packets, laid out by hand from the RFCs. Compensators are in capitals.
local V4 = "c0000201 cb007109"
local V6 = "20010db8 00000000 00000000 00000001 20010db8 00090000 00000000 00000009"
local GOLDEN = {
  { "icmp paris keeps the flow's checksum",
    { protocol = "icmp", size = 36, payload = "abc", tos = 0xb8, dont_fragment = 1 },
    "45b8 0024 1234 4000 07 01 62e2" .. V4 .. "0800 4321 abcd 1234 616263 00 327A 0000" },
  { "icmp classic lets the checksum follow the id",
    { protocol = "icmp", multipath = "classic", size = 31, payload = "abc" },
    "4500 001f 1234 0000 07 01 a39f" .. V4 .. "0800 759b abcd 1234 616263" },
  { "udp paris carries the id in the checksum",
    { size = 34, payload = "ab" },
    "4500 0022 1234 0000 07 11 a38c" .. V4 .. "abcd 829a 000e 1234 6162 5FC8 0000" },
  { "udp with an exact payload has the natural checksum",
    { size = 30, payload = "ab" },
    "4500 001e 1234 0000 07 11 a390" .. V4 .. "abcd 829a 000a 7204 6162" },
  { "udp dublin has the natural checksum and no compensator",
    { size = 34, payload = "ab", multipath = "dublin" },
    "4500 0022 1234 0000 07 11 a38c" .. V4 .. "abcd 829a 000e 71fc 6162 0000 0000" },
  { "tcp syn has id and cookie in the sequence number and an MSS",
    { protocol = "tcp", payload = "ab" },
    "4500 002e 1234 0000 07 06 a38b" .. V4
      .. "abcd 829a 12345678 00000000 60 02 faf0 a6b1 0000 020405b4 6162" },
  { "tcp syn without room for the MSS leaves it out",
    { protocol = "tcp", size = 41 },
    "4500 0029 1234 0000 07 06 a390" .. V4
      .. "abcd 829a 12345678 00000000 50 02 faf0 1fd1 0000 00" },
  { "tcp ack acknowledges its own number",
    { protocol = "tcp", tcp_flags = 0x10 },
    "4500 0028 1234 0000 07 06 a391" .. V4
      .. "abcd 829a 12345678 12345678 50 10 faf0 b717 0000" },
  { "icmpv6 paris has traffic class and flow label",
    { family = 6, protocol = "icmp", size = 52, tos = 0xb8, flow_label = 0x12345 },
    "6b81 2345 000c 3a 07" .. V6 .. "8000 4321 abcd 1234 2311 0000" },
  { "udp over ipv6 carries the id in the checksum",
    { family = 6, size = 52, payload = "x" },
    "6000 0000 000c 11 07" .. V6 .. "abcd 829a 000c 1234 7800 EBB4" },
  { "udp dublin over ipv6 grows by the ttl",
    { family = 6, size = 50, multipath = "dublin", ttl = 3 },
    "6000 0000 000d 11 03" .. V6 .. "abcd 829a 000d 1234 63B3 000000" },
}

local ERRORS = {
  { "no family", { family = 5 }, wire.EINVAL },
  { "id 0", { id = 0 }, wire.EINVAL },
  { "id above 0x8000", { id = 0x8001 }, wire.EINVAL },
  { "cookie above 0x7fff", { protocol = "tcp", cookie = 0x8000 }, wire.EINVAL },
  { "tcp without flags", { protocol = "tcp", tcp_flags = 0 }, wire.EINVAL },
  { "tcp with both flags", { protocol = "tcp", tcp_flags = 0x12 }, wire.EINVAL },
  { "icmp dublin", { protocol = "icmp", multipath = "dublin" }, wire.EINVAL },
  { "tcp dublin", { protocol = "tcp", multipath = "dublin" }, wire.EINVAL },
  { "flow label of 21 bits", { family = 6, flow_label = 0x100000 }, wire.EINVAL },
  { "payload without bytes", { payload_size = 1 }, wire.EINVAL },
  { "icmp paris without room for the compensator", { protocol = "icmp", size = 29 } },
  { "udp over ipv6 without room for the compensator", { family = 6, size = 49 } },
  { "udp smaller than its headers", { size = 27 } },
  { "tcp smaller than its headers", { protocol = "tcp", size = 39 } },
  { "a payload larger than the size", { size = 60, payload = ("x"):rep(33) } },
  { "a payload larger than any packet", { payload = ("x"):rep(65535) } },
  { "dublin growing beyond 65535", { family = 6, multipath = "dublin", size = 65529 } },
}

describe("wire_build", function()
  it("is held against golden packets whose checksums verify", function()
    for _, case in ipairs(GOLDEN) do
      assert(verifies(hex(case[3])), case[1])
    end
  end)

  for _, case in ipairs(GOLDEN) do
    it(case[1], function()
      assert.equal(dump(hex(case[3])), dump((wire.build(case[2]))))
    end)
  end

  for _, case in ipairs(ERRORS) do
    it("refuses " .. case[1], function()
      local _, err = wire.build(case[2])
      assert.equal(case[3] or wire.EMSGSIZE, err)
    end)
  end

  it("refuses a buffer that is one byte too small, and writes nothing", function()
    local p = wire.probe{}
    local out = ffi.new("uint8_t[60]")
    assert.equal(wire.EMSGSIZE, C.wire_build(p, out, 59))
    assert.equal(("\0"):rep(60), ffi.string(out, 60))
    assert.equal(60, C.wire_build(p, out, 60))
  end)

  for _, base in ipairs(combinations()) do
    it("verifies at every size and payload: " .. name_of(base), function()
      for payload = 0, 5 do
        local least = C.wire_min_size(base.family, PROTOCOL[base.protocol],
          MULTIPATH[base.multipath], payload)
        for size = least - 1, least + 9 do
          local bytes, n = wire.build(with(base, { size = size, payload = ("p"):rep(payload) }))
          if size < least then
            assert.equal(wire.EMSGSIZE, n)
          else
            local grown = base.multipath == "dublin" and base.family == 6 and 7 or 0
            assert.equal(size + grown, n)
            assert(verifies(bytes), size)
          end
        end
      end
    end)

    it("verifies with any filler: " .. name_of(base), function()
      for _, size in ipairs{ 90, 91 } do
        for payload = 0, 3 do
          for _, fill in ipairs{ 0, 1, 85, 255 } do
            local o = { size = size, fill = fill, payload = ("p"):rep(payload) }
            local bytes = assert(wire.build(with(base, o)))
            assert(verifies(bytes), fill)
            assert.equal(string.char(fill):rep(9), bytes:sub(-9))
          end
        end
      end
    end)

    it("fills the largest packet: " .. name_of(base), function()
      local grown = base.multipath == "dublin" and base.family == 6 and 7 or 0
      local bytes, n = wire.build(with(base, { size = 65535 - grown, payload = ("\255"):rep(999) }))
      assert.equal(65535, n)
      assert(verifies(bytes))
    end)
  end
end)

describe("the compensator", function()
  local out = ffi.new("uint8_t[100]")

  -- Calls check(packet, length, i) for a probe changed by set(probe, i), i in first .. last.
  local function sweep(o, first, last, set, check)
    local p, payload = wire.probe(o)
    for i = first, last do
      set(p, i)
      local n = C.wire_build(p, out, 100)
      if not packet.verifies(out, n) then error("does not verify: " .. i) end
      check(i)
    end
    return payload
  end

  local function field(at) return out[at] * 256 + out[at + 1] end
  local function set_id(p, i) p.id = i end
  local function set_checksum(p, i) p.checksum = i end

  for family, head in pairs{ [4] = 20, [6] = 40 } do
    for _, payload in ipairs{ "", "odd" } do
      local over = (" over IPv%d behind %d bytes"):format(family, #payload)

      it("makes every id a UDP checksum" .. over, function()
        sweep({ family = family, payload = payload }, 1, 0x8000, set_id, function(i)
          assert(field(head + 6) == i)
        end)
      end)

      it("keeps the ICMP checksum for every id" .. over, function()
        sweep({ family = family, protocol = "icmp", payload = payload }, 1, 0x8000, set_id,
          function(i) assert(field(head + 2) == 0x4321 and field(head + 6) == i) end)
      end)

      it("allows any ICMP checksum, 0 and 0xffff included" .. over, function()
        sweep({ family = family, protocol = "icmp", payload = payload }, 0, 0xffff, set_checksum,
          function(i) assert(field(head + 2) == i) end)
      end)
    end
  end

  it("is not needed to keep a natural UDP checksum from being 0", function()
    local natural = {}
    sweep({ size = 28 }, 0, 0xffff, function(p, i) p.sport = i end, function()
      natural[field(26)] = true
    end)
    assert.is_nil(natural[0])
    assert.is_true(natural[0xffff])
  end)
end)

describe("wire_default_size", function()
  -- family, protocol, multipath, payload, default, minimum
  local SIZES = {
    { 4, "icmp", "paris", 0, 60, 30 }, { 6, "icmp", "paris", 0, 80, 50 },
    { 4, "icmp", "classic", 0, 60, 28 }, { 6, "icmp", "classic", 0, 80, 48 },
    { 4, "udp", "paris", 0, 60, 28 }, { 6, "udp", "paris", 0, 80, 50 },
    { 4, "udp", "dublin", 0, 60, 28 }, { 6, "udp", "dublin", 0, 80, 50 },
    { 4, "udp", "paris", 30, 60, 58 }, { 4, "udp", "paris", 31, 62, 59 },
    { 4, "udp", "dublin", 33, 61, 61 }, { 6, "udp", "classic", 33, 84, 84 },
    { 4, "tcp", "paris", 0, 44, 40 }, { 6, "tcp", "paris", 0, 64, 60 },
    { 4, "tcp", "classic", 10, 54, 50 }, { 5, "udp", "paris", 0, -22, -22 },
    { 4, "icmp", "dublin", 0, -22, -22 }, { 4, "udp", "paris", -1, -22, -22 },
    { 4, "udp", "paris", 65536, -22, -22 }, { 4, "udp", "paris", 65535, 65566, 65563 },
  }
  for _, s in ipairs(SIZES) do
    it(("is %d, at least %d, for %s %s with %d bytes over IPv%d"):format(
      s[5], s[6], s[2], s[3], s[4], s[1]), function()
      assert.equal(s[5], C.wire_default_size(s[1], PROTOCOL[s[2]], MULTIPATH[s[3]], s[4]))
      assert.equal(s[6], C.wire_min_size(s[1], PROTOCOL[s[2]], MULTIPATH[s[3]], s[4]))
    end)
  end

  it("is what wire_build uses", function()
    for _, base in ipairs(combinations()) do
      local _, n = wire.build(base)
      local size = C.wire_default_size(base.family, PROTOCOL[base.protocol],
        MULTIPATH[base.multipath], 0)
      local grown = base.multipath == "dublin" and base.family == 6 and 7 or 0
      assert.equal(size + grown, n)
    end
  end)
end)
