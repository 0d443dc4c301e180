-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/start.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local EAGAIN = -11

describe("starting a trace", function()
  local d

  local function open(o)
    o = o or {}
    o.network = path.new{ "10.0.0.1", dst = "203.0.113.9" }
    d = drive.new(o)
  end

  after_each(function() d:close() end)

  it("shares its options with similar traces", function()
    open()
    local a, b = d:trace(d:start()), d:trace(d:start())
    local other = d:trace(d:start{ max_ttl = 20 })
    assert.equal(a.opts, b.opts)
    assert.not_equal(a.opts, other.opts)
    assert.equal(2, d.core.opts.slab.used)
    assert.equal(20, other.opts.max_ttl)
  end)

  it("gives a timer and lists of its own only to those that need them", function()
    open()
    d:start{ protocol = "icmp" }
    d:start{ protocol = "icmp" }
    assert.equal(0, d.core.extras.used)
    d:start{ protocol = "udp" }
    d:start{ protocol = "tcp" }
    d:start{ protocol = "icmp", flags = C.MTR_MANUAL }
    assert.equal(3, d.core.extras.used)
    d:close()
    open{ target_rate = 10 }
    d:start{ protocol = "icmp" }
    assert.equal(1, d.core.extras.used)
  end)

  it("takes a ring of hops for its window, and none in a manual trace", function()
    open()
    for _, case in ipairs{ { 8, 8 }, { 9, 16 }, { 200, 32 } } do
      local t = d:trace(d:start{ window = case[1], max_ttl = 30 })
      assert.equal(case[2], t.hop_mask + 1)
    end
    assert.equal(2, C.hops_used(d.core.hops))
    local manual = d:trace(d:start{ flags = C.MTR_MANUAL })
    assert.is_true(manual.hops == nil)
    local strategy = d:trace(d:start{ flags = C.MTR_STRATEGY, max_ttl = 30, window = 1 })
    assert.equal(32, strategy.hop_mask + 1)
  end)

  it("leaves nothing behind when max_traces are in flight", function()
    open{ max_traces = 2 }
    d:start()
    d:start()
    local _, err = d:start{ protocol = "udp" }
    assert.equal(EAGAIN, err)
    assert.same({ 2, 0, 1 }, { d.core.traces.used, d.core.extras.used, d.core.opts.slab.used })
  end)

  it("with another source address changes it for this trace only", function()
    open()
    local manual = { flags = C.MTR_MANUAL }
    local t, twin = d:trace(d:start(manual)), d:trace(d:start(manual))
    local src = ffi.new("uint8_t[16]", { 192, 0, 2, 77 })
    assert.equal(0, C.start_reroute(d.core, t, src, d.now + 5))
    assert.equal(77, t.opts.src[3])
    assert.not_equal(77, twin.opts.src[3])
    assert.equal(d.now + 5, tonumber(t.extra.routed))
  end)

  it("refuses one beyond max_traces, and takes one when another is released", function()
    open{ max_traces = 3 }
    local t = { d:start{}, d:start{ max_ttl = 200 }, d:start{ protocol = "udp" } }
    local refused, err = d:start{}
    assert.is_nil(refused)
    assert.equal(EAGAIN, err)
    d:run()
    assert.is_nil((d:start{}))
    C.stop_release(d.core, d:trace(t[2]))
    assert.is_not_nil((d:start{}))
    assert.is_nil((d:start{}))
    assert.equal(4, d:count("traces_started"))
  end)
end)
