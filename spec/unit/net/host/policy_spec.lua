-- SPDX-License-Identifier: MIT
--
-- Tests core/net/host/policy.c.

local core = require "spec.support.harness.core"
local packet = require "spec.support.packets.packet"

local C, ffi = core.load { "core/net/host/policy.h" }

local ICMP, TCP, UDP = C.WIRE_ICMP, C.WIRE_TCP, C.WIRE_UDP
local ALL = 0xffff

local function bytes(text) return ffi.new("uint8_t[16]", text) end

local function policies(list)
  local p = ffi.new "struct policies"
  for i, one in ipairs(list) do
    local fields = { index = i, family = 4, dst = bytes(packet.hex "0a000400"), dst_bits = 24 }
    for key, value in pairs(one) do fields[key] = value end
    C.policies_put(p, ffi.new("struct policy", fields))
  end
  return p
end

local function question(fields)
  local q = { family = 4, protocol = UDP, sport = 4000, dport = 53,
    dst = bytes(packet.hex "0a000402"), src = bytes(packet.hex "0a000101") }
  for key, value in pairs(fields or {}) do q[key] = value end
  return ffi.new("struct net_route", q)
end

local function differ(list, fields, known)
  return C.policies_differ(policies(list), question(fields), known or C.FLOW_PROTOCOL)
end

local DNS = { protocol = 17, dport = 53, dport_mask = ALL }

-- What is told, the policies, the packet, what the kernel knows of a probe, and the answer.
local CASES = {
  { "none", {}, {}, nil, 0 },
  { "one for addresses", { {} }, {}, nil, 0 },
  { "one for a protocol, which the kernel knows", { { protocol = 17 } }, {}, nil, 0 },
  { "one for a protocol, which it does not know", { { protocol = 17 } }, {}, C.FLOW_NOTHING, 1 },
  { "one for another protocol", { { protocol = 6 } }, {}, C.FLOW_NOTHING, 0 },
  { "one for a port", { DNS }, {}, nil, 1 },
  { "one for a port, which the kernel knows", { DNS }, {}, C.FLOW_PORTS, 0 },
  { "one for another port", { DNS }, { dport = 54 }, nil, 0 },
  { "one for the port of another protocol", { DNS }, { protocol = TCP }, nil, 0 },
  { "one for another prefix", { DNS }, { dst = bytes(packet.hex "0a000502") }, nil, 0 },
  { "one for another family", { DNS }, { family = 6 }, nil, 0 },
  { "one for a source port", { { sport = 4000, sport_mask = ALL } }, {}, nil, 1 },
  { "one for a range of ports", { { dport = 48, dport_mask = 0xfff0 } }, {}, nil, 1 },
  { "one for a mark", { { dport = 53, dport_mask = ALL, mark = 3, mark_mask = 7 } }, {}, nil, 0 },
  { "one for the mark of the packet", { { dport = 53, dport_mask = ALL, mark = 3, mark_mask = 7 } },
    { mark = 11 }, nil, 1 },
  { "one for another source", { { dport = 53, dport_mask = ALL, src_bits = 32,
    src = bytes(packet.hex "0a000102") } }, {}, nil, 0 },
  { "one for a source prefix that is no whole octets", { { dport = 53, dport_mask = ALL,
    src_bits = 31, src = bytes(packet.hex "0a000100") } }, {}, nil, 1 },
  { "one for echo requests", { { protocol = 1, sport = 8, sport_mask = ALL } },
    { protocol = ICMP }, nil, 1 },
  { "one for echo replies", { { protocol = 1, sport = 3, sport_mask = ALL } },
    { protocol = ICMP }, nil, 0 },
  { "one that lets a port pass", { { protocol = 17, dport = 53, dport_mask = ALL, clear = 1 } }, {},
    nil, 0 },
  { "one that lets a port pass, before one for all",
    { { protocol = 17, dport = 53, dport_mask = ALL, clear = 1 }, {} }, {}, nil, 1 },
  { "the same by priority", { { priority = 2 }, { dport = 53, dport_mask = ALL, clear = 1 } }, {},
    nil, 1 },
  { "one for a port behind one for all", { {}, DNS }, {}, nil, 0 },
  { "one for a port before one for all", { DNS, {} }, {}, nil, 1 },
}

describe("IPsec policies", function()
  for _, case in ipairs(CASES) do
    it("tell if a probe meets another one than the real packet: " .. case[1], function()
      assert.equal(case[5], differ(case[2], case[3], case[4]))
    end)
  end

  it("that let a port pass differ where the rest is blocked", function()
    local p = policies { { protocol = 17, dport = 53, dport_mask = ALL, clear = 1 } }
    p.blocks = 1
    assert.equal(1, C.policies_differ(p, question(), C.FLOW_PROTOCOL))
    assert.equal(0, C.policies_differ(p, question { dport = 54 }, C.FLOW_PROTOCOL))
  end)

  it("are replaced and removed by their index", function()
    local p = policies { DNS }
    C.policies_put(p, ffi.new("struct policy", { index = 1, family = 4 }))
    assert.same({ 1, 0 }, { p.count, C.policies_differ(p, question(), C.FLOW_PROTOCOL) })
    C.policies_put(p, ffi.new("struct policy", { index = 2, family = 4 }))
    C.policies_drop(p, 1)
    assert.same({ 1, 2 }, { p.count, p.policy[0].index })
    C.policies_clear(p)
    assert.equal(0, p.count)
  end)

  it("beyond their room leave those that look at ports, and any of these counts", function()
    local list = { {} }
    for i = 2, C.POLICIES do list[i] = { protocol = 17, dport = 1000 + i, dport_mask = ALL } end
    list[#list + 1] = { protocol = 17, dport = 53, dport_mask = ALL, priority = 7 }
    local p = policies(list)
    assert.same({ C.POLICIES, 1 }, { p.count, p.partial })
    assert.equal(1, C.policies_differ(p, question(), C.FLOW_PROTOCOL))
    assert.equal(0, C.policies_differ(p, question { dport = 54 }, C.FLOW_PROTOCOL))
    C.policies_put(p, ffi.new("struct policy", { index = 9999, family = 4 }))
    assert.equal(C.POLICIES, p.count)
  end)
end)
