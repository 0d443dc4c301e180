-- SPDX-License-Identifier: MIT
--
-- Tests core/net/host/filter.c.

local bpf = require "spec.support.real.bpf"
local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"
local parts = require "spec.support.packets.parts"

local C, ffi = core.load{ "core/net/host/filter.h" }

local hex, u16 = packet.hex, packet.u16
local ECHO, PORT = 7000, 20480         -- the first of our identifiers and ports
local ICMP, TCP, UDP, GRE = 1, 6, 17, 47
local ELSE4, ELSE6 = hex "c6336401", parts[6].router

local function ours(refuse)
  return ffi.new("struct filter", { echo_base = ECHO, echo_count = 2, port_base = PORT,
    port_count = 1024, port = { 53, 61000 }, ports = 2, refuse = refuse or 0 })
end

local function udp(port) return u16(port) .. u16(33434) .. u16(40) .. u16(0x1234) end
local function echo(id, kind) return hex(kind or "0800") .. u16(0x4321) .. u16(id) .. u16(1) end

-- A reply to us in front of which the socket sees an IPv4 header, or no IPv6 header.
local function v4(protocol, body, o) return parts.outer4(protocol, body, o) end

local function te4(quote) return parts.te4(quote) end
local function te6(quote) return parts.te6(quote):sub(41) end

-- Socket (family, protocol), packet, whether it is let in, and why.
local CASES = {
  { 4, ICMP, v4(ICMP, echo(ECHO, "0000")), true, "an echo reply to our first identifier" },
  { 4, ICMP, v4(ICMP, echo(ECHO + 1, "0000")), true, "an echo reply to our last identifier" },
  { 4, ICMP, v4(ICMP, echo(ECHO + 2, "0000")), false, "an echo reply beyond our identifiers" },
  { 4, ICMP, v4(ICMP, echo(ECHO - 1, "0000")), false, "an echo reply below our identifiers" },
  { 4, ICMP, v4(ICMP, echo(ECHO)), false, "an echo request" },
  { 4, ICMP, v4(ICMP, echo(ECHO, "0e00")), false, "a timestamp reply" },
  { 4, ICMP, v4(ICMP, echo(ECHO, "0000"), { options = hex "01010101" }), true,
    "an echo reply with IP options" },
  { 4, ICMP, v4(ICMP, hex "0000"), false, "an echo reply cut short" },
  { 4, ICMP, v4(ICMP, ""), false, "nothing but an IP header" },
  { 4, ICMP, "", false, "nothing at all" },
  { 4, ICMP, te4(parts.probe4(ICMP, echo(ECHO))), true, "an error about our ping" },
  { 4, ICMP, te4(parts.probe4(ICMP, echo(ECHO + 2))), false, "an error about another's ping" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT))), true, "an error from our first port" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT + 1023))), true, "an error from our last port" },
  { 4, ICMP, te4(parts.probe4(TCP, udp(PORT + 500))), true, "an error from our port, TCP" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT + 1024))), false, "an error beyond our ports" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT - 1))), false, "an error below our ports" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(53))), true, "an error from a user's port" },
  { 4, ICMP, te4(parts.probe4(TCP, udp(61000))), true, "an error from the other user's port" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(54))), false, "an error from a port beside it" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT), { options = hex "0101010101010101" })), true,
    "an error about our packet with IP options" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(9), { options = hex "0101010101010101" })), false,
    "an error about another's packet with IP options" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(9), { src = ELSE4 })), true, "an error from a translator" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(9):sub(1, 7))), true, "an error that quotes too little" },
  { 4, ICMP, te4(parts.probe4(UDP, "")), true, "an error that quotes only the header" },
  { 4, ICMP, te4(parts.probe4(GRE, udp(9))), false, "an error about another protocol" },
  { 4, ICMP, te4(parts.probe4(UDP, udp(PORT)):sub(1, 15)), false, "an error that quotes nothing" },
  { 4, UDP, v4(UDP, u16(53) .. u16(PORT) .. u16(8) .. u16(0)), true, "a datagram to our port" },
  { 4, UDP, v4(UDP, u16(PORT) .. u16(54) .. u16(8) .. u16(0)), false, "one to another's port" },
  { 4, UDP, v4(UDP, u16(9) .. u16(53) .. u16(8) .. u16(0), { options = hex "01010101" }), true,
    "a datagram with IP options to a user's port" },
  { 4, TCP, v4(TCP, u16(80) .. u16(PORT + 7)), true, "a segment to our port" },
  { 4, TCP, v4(TCP, u16(80) .. u16(PORT + 1024)), false, "a segment to another's port" },
  { 4, TCP, v4(TCP, u16(80)), false, "a segment cut short" },
  { 6, UDP, u16(53) .. u16(PORT) .. u16(8) .. u16(0), true, "a datagram to our port" },
  { 6, UDP, u16(PORT) .. u16(54) .. u16(8) .. u16(0), false, "a datagram to another's port" },
  { 6, TCP, u16(80) .. u16(61000), true, "a segment to a user's port" },
  { 6, TCP, u16(80) .. u16(9), false, "a segment to another's port" },
  { 6, ICMP, echo(ECHO + 1, "8100"), true, "an echo reply to our identifier" },
  { 6, ICMP, echo(ECHO + 2, "8100"), false, "an echo reply beyond our identifiers" },
  { 6, ICMP, echo(ECHO, "8000"), false, "an echo request" },
  { 6, ICMP, hex "8700000000000000" .. parts[6].us, false, "a neighbour solicitation" },
}
-- These look at the address that they came to, in the network header.
local CASES6 = {
  { te6(parts.probe6(58, echo(ECHO, "8000"))), true, "our ping" },
  { te6(parts.probe6(58, echo(ECHO + 9, "8000"))), false, "another's ping" },
  { te6(parts.probe6(UDP, udp(PORT + 1023))), true, "our datagram" },
  { te6(parts.probe6(TCP, udp(53))), true, "our segment" },
  { te6(parts.probe6(UDP, udp(PORT + 1024))), false, "another's datagram" },
  { te6(parts.probe6(UDP, udp(9), { src = ELSE6 })), true, "a translator's datagram" },
  { te6(parts.probe6(UDP, udp(9), { src = parts[6].us:sub(1, 15) .. "\255" })), true,
    "a datagram translated in its last byte" },
  { te6(parts.probe6(0, hex "1100000000000000" .. udp(PORT))), true,
    "a datagram behind an extension header" },
  { te6(parts.probe6(44, hex "1100000000000000" .. udp(9))), true, "a fragment" },
  { te6(parts.probe6(UDP, udp(PORT)):sub(1, 20)), false, "half a header" },
}

describe("filter", function()
  local f

  local function open(family, protocol)
    f = bpf.new(function(fd) return C.filter_attach(fd, ours(), family, protocol) end)
  end

  after_each(function()
    f:close()
    f = nil
  end)

  for _, case in ipairs(CASES) do
    local family, protocol, bytes, want, name = unpack(case)
    it(("on IPv%d protocol %d %s %s"):format(family, protocol, want and "lets in" or "keeps out",
      name), function()
      open(family, protocol)
      assert.equal(want, f:passes(bytes))
      assert.equal(want, f:would_pass(bytes, ""))
    end)
  end

  for _, case in ipairs(CASES6) do
    local bytes, want, name = unpack(case)
    for kind = 1, 4 do
      it(("on ICMPv6 %s an error of type %d about %s"):format(want and "lets in" or "keeps out",
        kind, name), function()
        open(6, ICMP)
        local network = parts.outer6(58, bytes):sub(1, 40)
        assert.equal(want, f:would_pass(string.char(kind) .. bytes:sub(2), network))
      end)
    end
  end

  -- A packet socket has all protocols in one, and the header of IPv6 too.
  local HOST, OTHERS, SNAP = { kind = 0 }, { kind = 3 }, 2048
  local function open_ring(family)
    f = bpf.new(function(fd) return C.filter_ring(fd, ours(), family, SNAP) end)
  end

  -- An IPv6 packet from its first byte, behind extension headers: a number and bytes each.
  local function outer6(protocol, body, extensions)
    local first, front = protocol, ""
    for i = #(extensions or {}), 1, -1 do
      front = string.char(first) .. extensions[i][2] .. front
      first = extensions[i][1]
    end
    return parts.outer6(first, front .. body)
  end

  for _, case in ipairs(CASES) do
    local family, protocol, bytes, want, name = unpack(case)
    it(("of a packet socket on IPv%d, protocol %d, %s %s"):format(family, protocol,
      want and "lets in" or "keeps out", name), function()
      open_ring(family)
      if family == 6 then bytes = outer6(protocol == ICMP and 58 or protocol, bytes) end
      assert.equal(want, f:would_pass(bytes, HOST))
      assert.is_false(f:would_pass(bytes, OTHERS))
    end)
  end

  for _, case in ipairs(CASES6) do
    local bytes, want, name = unpack(case)
    it(("of a packet socket on ICMPv6 %s errors about %s"):format(want and "lets in"
      or "keeps out", name), function()
      open_ring(6)
      for kind = 1, 4 do
        local message = string.char(kind) .. bytes:sub(2)
        assert.equal(want, f:would_pass(outer6(58, message), HOST))
        assert.equal(want, f:would_pass(outer6(58, message,
          { { 60, hex "00 010400000000" } }), HOST))
      end
    end)
  end

  local MINE, OTHER = u16(9) .. u16(PORT) .. u16(8) .. u16(0), u16(9) .. u16(9) .. u16(8) .. u16(0)
  local OPTIONS, LONG = hex "00 010400000000", "\1" .. ("\0"):rep(14)
  for _, case in ipairs {
    { "behind options", UDP, MINE, { { 0, OPTIONS } }, true },
    { "behind a long routing header", UDP, MINE, { { 43, LONG } }, true },
    { "to another's port behind one", UDP, OTHER, { { 43, LONG } }, false },
    { "in the first fragment", UDP, MINE, { { 44, hex "00 0001 00001234" } }, true },
    { "in the first fragment to another's port", UDP, OTHER, { { 44, hex "00 0001 00001234" } },
      false },
    { "in a later fragment", UDP, MINE, { { 44, hex "00 0008 00001234" } }, false },
    { "behind two headers, and is looked at", UDP, OTHER, { { 0, OPTIONS }, { 60, OPTIONS } },
      true },
    { "of another protocol", GRE, MINE, nil, false },
    { "of another protocol behind options", GRE, MINE, { { 0, OPTIONS } }, false },
    { "of no protocol", 59, MINE, nil, false },
  } do
    local name, protocol, body, extensions, want = unpack(case, 1, 5)
    it(("of a packet socket on IPv6 %s what comes %s"):format(want and "lets in" or "keeps out",
      name), function()
      open_ring(6)
      assert.equal(want, f:would_pass(outer6(protocol, body, extensions), HOST))
    end)
  end

  it("of a packet socket lets in the first of an IPv4 packet's fragments alone", function()
    open_ring(4)
    local whole = v4(UDP, MINE)
    for flags, want in pairs { [0x4000] = true, [0x2000] = true, [0x2001] = false, [5] = false } do
      assert.equal(want, f:would_pass(packet.patch(whole, 6, u16(flags)), HOST))
    end
    assert.is_false(f:would_pass(v4(GRE, MINE), HOST))
  end)

  -- Errors: what is quoted, over IPv4 and IPv6, and whether it is let in while nothing, foreign
  -- sources, hidden ports, or both are refused.
  local FAR4, FAR6, MUST = { src = ELSE4 }, { src = ELSE6 }, { true, true, true, true }
  local OPTIONS6 = hex "1100000000000000"
  for _, case in ipairs {
    { "our port", parts.probe4(UDP, udp(PORT)), parts.probe6(UDP, udp(PORT)), MUST },
    { "our identifier", parts.probe4(ICMP, echo(ECHO)), parts.probe6(58, echo(ECHO, "8000")),
      MUST },
    { "our port and a foreign source", parts.probe4(TCP, udp(PORT), FAR4),
      parts.probe6(TCP, udp(PORT), FAR6), MUST },
    { "a user's port and a foreign source", parts.probe4(UDP, udp(61000), FAR4),
      parts.probe6(UDP, udp(61000), FAR6), MUST },
    { "another's port and a foreign source", parts.probe4(UDP, udp(9), FAR4),
      parts.probe6(UDP, udp(9), FAR6), { true, false, true, false } },
    { "another's identifier and a foreign source", parts.probe4(ICMP, echo(ECHO + 9), FAR4),
      parts.probe6(58, echo(ECHO + 9, "8000"), FAR6), { true, false, true, false } },
    { "no port", parts.probe4(UDP, udp(PORT):sub(1, 7)), parts.probe6(0, OPTIONS6 .. udp(9)),
      { true, true, false, false } },
    { "no port and a foreign source", parts.probe4(UDP, "", FAR4),
      parts.probe6(0, OPTIONS6 .. udp(9), FAR6), { true, true, true, false } },
    { "another's port", parts.probe4(UDP, udp(9)), parts.probe6(UDP, udp(9)), {} },
  } do
    local name, quote4, quote6, want = unpack(case)
    for refuse = 0, 3 do
      it(("refusing %d %s an error that quotes %s"):format(refuse, want[refuse + 1] and "lets in"
        or "keeps out", name), function()
        local filter, wanted = ours(refuse), want[refuse + 1] or false
        f = bpf.new(function(fd) return C.filter_attach(fd, filter, 4, ICMP) end)
        assert.equal(wanted, f:passes(te4(quote4)))
        f:close()
        f = bpf.new(function(fd) return C.filter_attach(fd, filter, 6, ICMP) end)
        local network = parts.outer6(58, te6(quote6)):sub(1, 40)
        assert.equal(wanted, f:would_pass(te6(quote6), network))
        f:close()
        f = bpf.new(function(fd) return C.filter_ring(fd, filter, 4, SNAP) end)
        assert.equal(wanted, f:would_pass(te4(quote4), HOST))
        f:close()
        f = bpf.new(function(fd) return C.filter_ring(fd, filter, 6, SNAP) end)
        assert.equal(wanted, f:would_pass(outer6(58, te6(quote6)), HOST))
      end)
    end
  end

  it("closes a socket to everything until it is replaced", function()
    f = bpf.new(function(fd) return C.filter_none(fd) end)
    assert.is_false(f:passes(v4(ICMP, echo(ECHO, "0000"))))
    f:attach(function(fd) return C.filter_attach(fd, ours(), 4, ICMP) end)
    assert.is_true(f:passes(v4(ICMP, echo(ECHO, "0000"))))
    f:attach(function(fd) return C.filter_none(fd) end)
    assert.is_false(f:passes(v4(ICMP, echo(ECHO, "0000"))))
  end)

  it("has room for as many user's ports as there can be", function()
    local filter = ours()
    filter.ports = C.FILTER_PORTS
    for i = 0, C.FILTER_PORTS - 1 do filter.port[i] = 100 + i end
    for _, s in ipairs{ { 4, ICMP }, { 4, UDP }, { 6, ICMP }, { 6, TCP } } do
      f = bpf.new(function(fd) return C.filter_attach(fd, filter, s[1], s[2]) end)
      local last = u16(9) .. u16(100 + C.FILTER_PORTS - 1) .. u16(8) .. u16(0)
      if s[2] == UDP then
        assert.is_true(f:passes(v4(UDP, last)))
        assert.is_false(f:passes(v4(UDP, u16(9) .. u16(100 + C.FILTER_PORTS) .. u16(8) .. u16(0))))
      end
      f:close()
    end
    for family = 4, 6, 2 do
      f = bpf.new(function(fd) return C.filter_ring(fd, filter, family, SNAP) end)
      for port = 100 + C.FILTER_PORTS - 1, 100 + C.FILTER_PORTS do
        local bytes = u16(9) .. u16(port) .. u16(8) .. u16(0)
        bytes = family == 4 and v4(UDP, bytes) or outer6(UDP, bytes)
        assert.equal(port < 100 + C.FILTER_PORTS, f:would_pass(bytes, HOST))
      end
      f:close()
    end
    f = bpf.new(function(fd) return C.filter_none(fd) end)
  end)

  it("cannot be set on a descriptor that is no socket", function()
    f = bpf.new(function(fd) return C.filter_none(fd) end)
    assert.is_true(C.filter_none(-1) < 0)
    assert.is_true(C.filter_attach(-1, ours(), 4, ICMP) < 0)
    assert.is_true(C.filter_ring(-1, ours(), 4, SNAP) < 0)
  end)
end)
