-- SPDX-License-Identifier: MIT
--
-- Tests core/wire/ip.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"
local vectors = require "spec.support.packets.vectors"

local C, ffi = core.load{ "core/wire/ip.h" }

describe("an outer header:", function() vectors.each("ip", it) end)

describe("ip_read", function()
  it("leaves the cursor at the transport header and borrows the addresses", function()
    local bytes = parts.probe6(17, parts.udp, { next = 0, chain = packet.hex "1100 0104 0000 0000",
      ttl = 3, tos = 0x28 })
    local p = ffi.cast("const uint8_t *", bytes)
    local b = ffi.new("struct bytes", { p, p + #bytes, 0 })
    local ip = ffi.new("struct ip_head")
    assert.equal(0, C.ip_read(b, ip))
    assert.equal(48, tonumber(b.p - p))
    assert.equal(8, tonumber(ip.src - p))
    assert.equal(24, tonumber(ip.dst - p))
    assert.same({ 6, 17, 3, 0x28, 1, 0, 80 },
      { ip.family, ip.protocol, ip.ttl, ip.tos, ip.upper, ip.fragment, ip.size })
  end)

  it("gives ICMPv6 and ICMP each other's number on IPv6 only", function()
    assert.same({ 1, 58, 17 }, { C.ip_protocol(6, 58), C.ip_protocol(6, 1), C.ip_protocol(6, 17) })
    assert.same({ 58, 1 }, { C.ip_protocol(4, 58), C.ip_protocol(4, 1) })
  end)
end)
