-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/parse.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"
local vectors = require "spec.support.packets.vectors"
local wire = require "spec.support.packets.wire"

local C, ffi = core.load{ "core/wire/parse.h" }

describe("a direct answer:", function() vectors.each("direct", it) end)

describe("wire_parse6", function()
  for _, list in ipairs(vectors.NAMES) do
    for _, vector in ipairs(vectors.list(list)) do
      local bytes, want = vector[2], vector[3]
      local v6 = type(want) == "table" and bytes:byte(1) == 0x6c
      if v6 and bytes:byte(7) ~= 0 then
        it("agrees on " .. vector[1], function()
          local whole = wire.parse(bytes)
          local r = ffi.new("struct wire_reply")
          ffi.fill(r, ffi.sizeof(r), 0xa5)
          r.from, r.to, r.ttl, r.tos = whole.from, whole.to, whole.ttl, whole.tos
          local body = bytes:sub(41)
          assert.equal(0, C.wire_parse6(body, #body, #body, bytes:byte(7), r))
          vectors.check(want, r)
          assert.equal(wire.ext(whole), wire.ext(r))
          r.ext, whole.ext = nil, nil
          assert.equal(ffi.string(whole, ffi.sizeof(whole)), ffi.string(r, ffi.sizeof(r)))
        end)
      end
    end
  end

  it("takes WIRE_ICMP for ICMPv6 and knows no other protocol", function()
    local body = parts.te6(parts.probe6(17, parts.udp)):sub(41)
    local r = ffi.new("struct wire_reply")
    assert.equal(0, C.wire_parse6(body, #body, #body, C.WIRE_ICMP, r))
    assert.equal("TIME_EXCEEDED", wire.field(r, "kind"))
    assert.equal(wire.ENOMSG, C.wire_parse6(body, #body, #body, 47, r))
    assert.equal(wire.EBADMSG, C.wire_parse6(body, 7, #body, 58, r))
    assert.equal(C.WIRE_NONE, r.kind)
  end)
end)

-- What hosts and routers answer to a probe's packet, whatever it is.
local ANSWERS = {
  { "all of it quoted", function(bytes, o)
    return parts["te" .. o.family](bytes), "TIME_EXCEEDED"
  end },
  { "8 bytes of it quoted", function(bytes, o)
    return parts["te" .. o.family](bytes:sub(1, (o.family == 4 and 20 or 40) + 8)), "TIME_EXCEEDED"
  end },
  { "extensions behind it", function(bytes, o)
    local quote = packet.pad(bytes, 128):sub(1, 128)
    return parts["te" .. o.family](quote .. packet.extension(packet.object(1, 1, "abcd"))),
      "TIME_EXCEEDED"
  end },
  { "its target", function(bytes, o)
    local at = o.family == 4 and 20 or 40
    local side = { src = parts[o.family].dst }
    local outer = parts["outer" .. o.family]
    local function turned(from, to) return bytes:sub(at + from, at + to) end
    if o.protocol == "icmp" then
      local type = o.family == 4 and "\0" or "\129"
      return outer(o.family == 4 and 1 or 58, type .. bytes:sub(at + 2), side), "ECHO_REPLY"
    elseif o.protocol == "udp" then
      return outer(17, turned(3, 4) .. turned(1, 2) .. "\0\8\0\0", side), "UDP_REPLY"
    elseif o.tcp_flags == 16 then
      return outer(6, turned(3, 4) .. turned(1, 2) .. turned(9, 12) .. packet.hex "00000000 5004"
        .. ("\0"):rep(6), side), "TCP_REPLY"
    end
    local function u16(i) return bytes:byte(at + i) * 256 + bytes:byte(at + i + 1) end
    return outer(6, packet.tcp{ sport = u16(3), dport = u16(1), flags = 0x12, seq = 77,
      ack = u16(5) * 65536 + u16(7) + 1 }, side), "TCP_REPLY"
  end },
}

describe("the identity of a probe comes back from", function()
  local PROBES = {}
  for _, family in ipairs{ 4, 6 } do
    for _, multipath in ipairs{ "paris", "classic", "dublin" } do
      for _, protocol in ipairs{ "icmp", "udp", "tcp" } do
        if multipath ~= "dublin" or protocol == "udp" then
          PROBES[#PROBES + 1] = { family = family, protocol = protocol, multipath = multipath }
        end
      end
    end
    PROBES[#PROBES + 1] = { family = family, protocol = "tcp", tcp_flags = 16 }
  end
  PROBES[#PROBES + 1] = { family = 4, protocol = "udp", size = 28 }

  local function check(o, id, answer)
    o.id = id
    local bytes = assert(wire.build(o))
    local packed, kind = answer(bytes, o)
    local r = assert(wire.parse(packed))
    local quoted = kind == "TIME_EXCEEDED"
    assert.equal(kind, wire.field(r, "kind"))
    assert.equal(0xabcd, r.sport)
    assert.equal(o.protocol == "icmp" and 0 or 0x829a, r.dport)
    assert.equal(wire.PROTOCOL[o.protocol], r.quoted_protocol)
    assert.equal(parts[o.family].us, wire.field(r, "quoted_src"))
    assert.equal(parts[o.family].dst, wire.field(r, "quoted_dst"))
    assert.equal(quoted and "QUOTE" or "", wire.field(r, "flags"))
    if quoted then
      assert.equal(#bytes, r.quoted_size)
      assert.equal(7, r.quoted_ttl)
      assert.equal(o.family == 4 and id or 0, r.ip_id)
    end
    if o.protocol == "tcp" then assert.equal(0x5678, r.tcp_low) end
    -- A natural UDP checksum is no id; neither is data from an open port.
    local natural = o.protocol == "udp" and o.family == 4 and (o.multipath == "dublin" or o.size)
    if kind == "UDP_REPLY" then
      assert.equal(0, r.id)
    elseif not natural then
      assert.equal(id, r.id)
    end
  end

  for _, answer in ipairs(ANSWERS) do
    it(answer[1], function()
      for _, o in ipairs(PROBES) do
        for _, id in ipairs{ 1, 2, 0xff, 0x100, 0x1234, 0x7fff, 0x8000 } do
          check(o, id, answer[2])
        end
      end
    end)
  end
end)

describe("a packet cut by the receiver", function()
  it("keeps its true size", function()
    local bytes = parts.te4(parts.probe4(17, parts.udp .. ("x"):rep(100)))
    local r = wire.parse(bytes:sub(1, 60), #bytes - 60)
    assert.equal(#bytes, r.size)
    assert.equal(0x1234, r.id)
  end)

  it("keeps the extension objects that are left", function()
    local label = packet.object(1, 1, packet.hex "12345140")
    local bytes = parts.te4(packet.pad(parts.probe4(17, parts.udp), 128)
      .. packet.extension(label .. label), 0x200000)
    local cut = bytes:sub(1, -5)
    local r = wire.parse(cut, 4)
    assert.equal(packet.dump(label), packet.dump(wire.ext(r)))
    assert.equal("QUOTE EXT_BAD", wire.field(r, "flags"))
  end)
end)

describe("a vector cut at every length", function()
  ffi.cdef "void *malloc(size_t); void free(void *);"

  -- In memory of exactly its size, for the sanitizer, then with other bytes behind it, for us.
  local function parse(bytes, whole, behind)
    local n = #bytes
    local p = ffi.cast("uint8_t *", ffi.C.malloc(n + #behind))
    ffi.copy(p, bytes, n)
    ffi.copy(p + n, behind, #behind)
    local r = ffi.new("struct wire_reply")
    local result = { C.wire_parse(p, n, whole, r), tonumber(r.kind) }
    if result[1] == 0 then
      assert(r.ext_size % 4 == 0)
      assert(r.ext_size == 0 or (r.ext >= p and r.ext + r.ext_size <= p + n))
      result[3] = wire.ext(r)
      r.ext = nil
      result[4] = ffi.string(r, ffi.sizeof(r))
    end
    ffi.C.free(p)
    return result
  end

  for _, list in ipairs(vectors.NAMES) do
    it("depends on nothing behind it: " .. list, function()
      for _, vector in ipairs(vectors.list(list)) do
        local bytes = vector[2]
        for n = 0, math.min(#bytes, 400) do
          local part = bytes:sub(1, n)
          for _, whole in ipairs{ n, #bytes } do
            local exact = parse(part, whole, "")
            assert.same(exact, parse(part, whole, ("\0"):rep(64)))
            assert.same(exact, parse(part, whole, ("\255"):rep(64)))
          end
        end
      end
    end)
  end
end)
