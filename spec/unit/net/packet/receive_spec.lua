-- SPDX-License-Identifier: MIT
--
-- A packet that a ring and a raw socket received is told once, whatever the offset of the clocks
-- was when each was read. spec/net/packet_ring_spec.lua shows which socket listens when.
local core = require "spec.support.harness.core"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/net/packet/receive.h" }

local MS = 1e6

describe("packet_receive", function()
  local p, clock

  local function reply(at, o)
    o = o or {}
    local r = ffi.new("struct wire_reply", { kind = o.kind or C.WIRE_TIME_EXCEEDED,
      id = o.id or 7, ip_id = o.ip_id or 7, kernel_time = o.kernel_time or 1 })
    r.at = at - (o.offset or 0)
    ffi.copy(r.from, path.bytes(o.from or "10.0.0.1"), 16)
    return r
  end
  local function fresh(at, o)
    clock.offset = o and o.offset or 0
    return C.packet_fresh(p, reply(at, o), o and o.ring and 1 or 0, clock) == 1
  end

  before_each(function()
    p, clock = ffi.new("struct packet"), ffi.new("struct net_clock")
    p["from"], p["until"] = 100 * MS, 200 * MS
  end)

  it("drops what the other socket has had, in both orders", function()
    assert.is_true(fresh(150 * MS))
    assert.is_false(fresh(150 * MS, { ring = true }))
    assert.is_true(fresh(150 * MS, { ring = true, id = 8 }))
    assert.is_false(fresh(150 * MS, { id = 8 }))
  end)

  it("drops it too if each socket has stamped it at its own time", function()
    assert.is_true(fresh(150 * MS))
    assert.is_false(fresh(150.4 * MS, { ring = true }))
    assert.is_true(fresh(151.4 * MS, { ring = true }))
  end)

  it("tells each duplicate of the network once", function()
    local ring = { ring = true }
    for _, at in ipairs { 150 * MS, 150 * MS + 9000, 152 * MS } do
      assert.is_true(fresh(at))
      assert.is_true(fresh(at))
      assert.is_false(fresh(at, ring))
      assert.is_false(fresh(at, ring))
      assert.is_true(fresh(at, ring))
      assert.is_false(fresh(at))
    end
  end)

  it("is not confused by a clock that was read at another time", function()
    assert.is_true(fresh(1e15 + 150 * MS, { offset = 1e15 }))
    assert.is_false(fresh(1e15 + 150 * MS, { offset = 1e15 - 40, ring = true }))
  end)

  for name, o in pairs { ["by stamp"] = { at = 151 * MS }, ["by identity"] = { id = 8 },
    ["by identification"] = { ip_id = 8 }, ["by router"] = { from = "10.0.0.2" },
    ["by kind"] = { kind = C.WIRE_UNREACH } } do
    it("keeps two apart " .. name, function()
      o.ring = true
      assert.is_true(fresh(150 * MS))
      assert.is_true(fresh(o.at or 150 * MS, o))
    end)
  end

  it("compares only packets that came while both sockets listened", function()
    for _, at in ipairs { 99 * MS, 201 * MS } do
      assert.is_true(fresh(at))
      assert.is_true(fresh(at, { ring = true }))
    end
    assert.is_true(fresh(150 * MS, { kernel_time = 0 }))
    assert.is_true(fresh(150 * MS, { kernel_time = 0, ring = true }))
  end)

  it("remembers thousands of packets, and none after the next start", function()
    local n, missed = 8000, 0
    for i = 1, n do fresh(110 * MS + i * 1000, { id = i % 0x8000 }) end
    for i = 1, n do
      if fresh(110 * MS + i * 1000, { id = i % 0x8000, ring = true }) then missed = missed + 1 end
    end
    assert.equal(0, missed)
    p["from"], p["until"] = 300 * MS, 400 * MS
    for i = 1, n do
      assert.is_true(fresh(310 * MS + i * 1000, { id = i % 0x8000 }))
      if fresh(310 * MS + i * 1000, { id = i % 0x8000, ring = true }) then missed = missed + 1 end
    end
    assert.equal(0, missed)
  end)
end)
