-- SPDX-License-Identifier: MIT
--
-- Replies as a simulated network writes them: what the parser makes of them, and their checksums.
local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/reply.h", "core/wire/checksum.h", "core/wire/record.h",
  "core/wire/parse.h" }

local out = ffi.new("uint8_t[65536]")
local ROUTER = { [4] = packet.hex "0a000001",
  [6] = packet.hex("20010db8" .. ("00"):rep(11) .. "07") }

local function manner(o)
  local m = ffi.new("struct wire_manner", { quote = -1, ttl = -1, size = -1,
    id = C.WIRE_AS_IT_CAME, check = -1, ext_length = -1, ext_summed = 1 })
  for name, value in pairs(o or {}) do
    m[name] = value
    if name == "ext" or name == "chain" then m[name .. "_size"] = #value end
  end
  return m
end

local function err(o, bytes)
  local family = bytes:byte() >= 0x60 and 6 or 4
  local e = ffi.new("struct wire_error", { type = family == 4 and 11 or 3, ttl = 60 })
  for name, value in pairs(o or {}) do e[name] = value end
  ffi.copy(e.from, ROUTER[family], #ROUTER[family])
  ffi.copy(e.to, bytes:sub(family == 4 and 13 or 9), family == 4 and 4 or 16)
  return e
end

-- The error about a probe of these options, as bytes.
local function build(probe, m, e)
  local bytes = assert(wire.build(probe))
  return ffi.string(out, C.wire_error(manner(m), err(e, bytes), bytes, #bytes, out)), bytes
end

-- Whether the transport checksum of a packet is right, and its IPv4 header's.
local function sums(bytes)
  local v4 = bytes:byte() < 0x60
  local head = v4 and 20 or 40
  local protocol = bytes:byte(v4 and 10 or 7)
  local sum = C.checksum_add(0, ffi.cast("const uint8_t *", bytes) + head, #bytes - head)
  if protocol ~= 1 then
    local p = ffi.cast("const uint8_t *", bytes)
    sum = sum + C.checksum_pseudo(v4 and 4 or 6, p + (v4 and 12 or 8), p + (v4 and 16 or 24),
      protocol, #bytes - head)
  end
  return C.checksum_fold(sum) == 0xffff
end

describe("a simulated reply", function()
  for _, family in ipairs{ 4, 6 } do
    for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
      local probe = { family = family, protocol = protocol }

      it(("quotes the probe: %s, IPv%d"):format(protocol, family), function()
        local bytes, sent = build(probe)
        local r = assert(wire.parse(bytes))
        assert.same({ "TIME_EXCEEDED", "QUOTE", 0x1234, 60, 7, #sent, #bytes },
          { wire.field(r, "kind"), wire.field(r, "flags"), r.id, r.ttl, r.quoted_ttl,
            r.quoted_size, r.size })
        assert.equal(ROUTER[family], wire.field(r, "from"))
        assert.equal(sent, bytes:sub(-#sent))
        assert.is_true(sums(bytes))
      end)

      it(("is cut to what is allowed: %s, IPv%d"):format(protocol, family), function()
        local o = { family = family, protocol = protocol, size = 4000 }
        assert.equal(family == 4 and 576 or 1280, #build(o))
        assert.equal((family == 4 and 20 or 40) * 2 + 8 + 8, #build(o, { quote = 8 }))
      end)
    end
  end

  it("is what was asked of its quoted fields", function()
    local r = assert(wire.parse((build({ protocol = "udp" }, { ttl = 3, size = 99, id = -2,
      check = 5 }))))
    assert.same({ 3, 99, 0x3412, 5 }, { r.quoted_ttl, r.quoted_size, r.ip_id, r.id })
    assert.equal(0x1235, assert(wire.parse((build({}, { id = -3 })))).ip_id)
    assert.equal(0, assert(wire.parse((build({}, { id = 0 })))).ip_id)
  end)

  it("has IPv6 extension headers in its quote, the last one naming the transport", function()
    local chain = "\44\0\1\4\0\0\0\0" .. "\0\0\0\0\0\0\0\0"
    local r = assert(wire.parse((build({ family = 6, protocol = "tcp" },
      { chain = chain, chain_next = 0, chain_last = 8 }))))
    assert.same({ C.WIRE_TCP, 0x1234 }, { r.quoted_protocol, r.id })
  end)

  for _, family in ipairs{ 4, 6 } do
    it(("carries labels and objects behind 128 bytes of quote, IPv%d"):format(family), function()
      local object = "\0\8\3\1abcd"
      local e = { labels = 2, label = { 0x10001, 0x20101 } }
      local bytes = build({ family = family }, { ext = object }, e)
      local r = assert(wire.parse(bytes))
      assert.equal("\0\12\1\1\0\1\0\1\0\2\1\1" .. object, wire.ext(r))
      assert.equal("QUOTE", wire.field(r, "flags"))
      assert.is_true(sums(bytes))
      local unsummed = assert(wire.parse((build({ family = family },
        { ext = object, ext_summed = 0, ext_length = 0 }))))
      assert.equal(object, wire.ext(unsummed))
      local wrong = assert(wire.parse((build({ family = family },
        { ext = object, ext_summed = 2 }))))
      assert.equal("QUOTE EXT_BAD", wire.field(wrong, "flags"))
    end)

    it(("answers pings, IPv%d"):format(family), function()
      for altered = 0, 1 do
        local bytes = assert(wire.build{ family = family, protocol = "icmp", payload = "hello" })
        local pong = ffi.string(out, C.wire_pong(ROUTER[family], 9, altered, bytes, #bytes, out))
        local r = assert(wire.parse(pong))
        assert.same({ "ECHO_REPLY", 0x1234, 0xabcd, 9, #bytes },
          { wire.field(r, "kind"), r.id, r.sport, r.ttl, #pong })
        assert.equal(altered == 0, pong:find("hello", 1, true) ~= nil)
        assert.is_true(sums(pong))
      end
    end)

    it(("answers segments, IPv%d"):format(family), function()
      for _, case in ipairs{ { 2, 1, 0x12, 1400 }, { 2, 0, 0x14, 0 }, { 16, 1, 0x04, 0 } } do
        local bytes = assert(wire.build{ family = family, protocol = "tcp", tcp_flags = case[1] })
        local n = C.wire_segment(ROUTER[family], 9, case[2], 1400, bytes, out)
        local r = assert(wire.parse(ffi.string(out, n)))
        assert.same({ "TCP_REPLY", 0x1234, 0x5678, case[3], case[4] },
          { wire.field(r, "kind"), r.id, r.tcp_low, r.tcp_flags, r.mtu })
        assert.is_true(sums(ffi.string(out, n)))
      end
    end)

    it(("answers datagrams, IPv%d"):format(family), function()
      local bytes = assert(wire.build{ family = family, protocol = "udp" })
      local n = C.wire_datagram(ROUTER[family], 9, bytes, #bytes, out)
      local r = assert(wire.parse(ffi.string(out, n)))
      assert.same({ "UDP_REPLY", 0xabcd, 0x829a }, { wire.field(r, "kind"), r.sport, r.dport })
      assert.is_true(sums(ffi.string(out, n)))
    end)
  end
end)
