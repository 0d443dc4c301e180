-- SPDX-License-Identifier: MIT
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local DST = "203.0.113.9"
local ESTALE, EAGAIN = -116, -11

describe("core", function()
  local d

  local function open(o, places)
    o = o or {}
    places = places or { "10.0.0.1" }
    places.dst = DST
    o.network = path.new(places)
    d = drive.new(o)
    return d
  end
  local function stop(handle, reason, data)
    C.core_stop(d.core, d:trace(handle), reason or C.MTR_STOP_HALTED, data or 0, d.now)
  end

  after_each(function() d:close() end)

  it("needs at most 400 bytes for a trace with a window of 8 and 9 replies", function()
    open()
    local size = ffi.sizeof("struct trace") + 9 * ffi.sizeof("struct cell")
    assert.is_true(size <= 400, size .. " bytes")
  end)

  it("grows with the traces in flight, to no more than they need", function()
    open{ max_traces = 100000 }
    local before = C.core_memory(d.core)
    for _ = 1, 10000 do d:start{ want = 0 } end
    local each = (C.core_memory(d.core) - before) / 10000
    assert.is_true(each <= 1024, each .. " bytes each")
  end)

  it("allocates nothing while traces run", function()
    open({ max_traces = 5000, rate = 50000 }, { "10.0.0.1", false, "10.0.0.3" })
    for _ = 1, 1000 do d:start{ timeout = 100 } end
    d:run(300)
    local slabs = {}
    for _, name in ipairs{ "traces", "owns" } do slabs[name] = d.core[name].count end
    local hops = C.hops_bytes(d.core.hops)
    local probes = d.core.tables[0].slab.count + d.core.tables[1].slab.count
    d:run()
    for name, count in pairs(slabs) do assert.equal(count, d.core[name].count) end
    assert.equal(hops, C.hops_bytes(d.core.hops))
    assert.is_true(d.core.tables[0].slab.count + d.core.tables[1].slab.count <= 2 * probes)
    assert.equal(1000, #d:of("DONE"))
  end)

  it("has nothing to do and no deadline when new", function()
    open()
    assert.is_nil(d:next())
    assert.equal(0, C.core_fill(d.core, d.probes, d.handles, 64, d.now))
    assert.equal(4096, C.core_room(d.core))
  end)

  it("names traces so that a handle is never 0 and never the same twice in a row", function()
    open{ max_traces = 1 }
    local seen = {}
    for _ = 1, 4095 do
      local t = d:start{}
      assert.is_true(t ~= 0 and not seen[t])
      seen[t] = true
      stop(t)
      d:run()
      C.core_release(d.core, d:trace(t))
      assert.is_nil(d:trace(t))
    end
    assert.is_true(d:start{} ~= 0)
  end)

  it("finds no trace by a handle that is stale, wild or 0", function()
    open()
    local t = d:start{}
    for _, handle in ipairs{ 0, 1, 0xffffffff, t + 1, t + 2 ^ 20, 2 ^ 20 } do
      if handle ~= t then assert.is_nil(d:trace(handle)) end
    end
    assert.is_not_nil(d:trace(t))
  end)

  it("finds no probe by a handle that is stale or wild", function()
    open()
    d:start{}
    d:step()
    local handle = d.sent[1].handle
    assert.is_true(C.core_find(d.core, handle) ~= nil)
    for _, other in ipairs{ 0, 0xffffffff, handle + 2 ^ 19, handle + 15 * 2 ^ 15, 40000 } do
      assert.is_true(C.core_find(d.core, other) == nil)
    end
    C.core_sent(d.core, handle + 2 ^ 19, 60, 0, d.now)
    C.core_failed(d.core, 0, 1, d.now)
    assert.equal(#d.sent, d:count("probes_sent"))
  end)

  it("refuses a trace beyond max_traces, and takes one when one is released", function()
    open{ max_traces = 3 }
    local t = { d:start{}, d:start{ max_ttl = 200 }, d:start{ protocol = "udp" } }
    local refused, err = d:start{}
    assert.is_nil(refused)
    assert.equal(EAGAIN, err)
    d:run()
    assert.is_nil((d:start{}))
    C.core_release(d.core, d:trace(t[2]))
    assert.is_not_nil((d:start{}))
    assert.is_nil((d:start{}))
    assert.equal(4, d:count("traces_started"))
  end)

  it("gives long paths their hops too", function()
    local places = { rtt = 1 }
    for ttl = 1, 254 do places[ttl] = "10.1.1." .. ttl end
    open({}, places)
    local t = d:start{ max_ttl = 255, protocol = "udp" }
    d:run()
    assert.equal(255, #d:of("HOP", t))
    assert.equal("completed", d:done(t).reason)
  end)

  for _, when in ipairs{ "before it has sent anything", "while probes are out",
    "after the first answers" } do
    it("stops a trace " .. when .. ", tells so once and forgets its probes", function()
      open({}, { "10.0.0.1", "10.0.0.2", false })
      local t, other = d:start{ protocol = "udp" }, d:start{}
      if when ~= "before it has sent anything" then d:step() end
      if when == "after the first answers" then d:run(25) end
      stop(t, C.MTR_STOP_GSS, 7)
      stop(t)
      assert.equal(0, d:trace(t).out)
      d:run()
      local done = d:done(t)
      assert.same({ "gss", 7 }, { done.reason, done.icmp_code })
      assert.equal(when == "after the first answers" and 2 or 0, done.ttl)
      for _, e in ipairs(d:of("TIMEOUT", t)) do error("time-out of ttl " .. e.ttl) end
      assert.equal("completed", d:done(other).reason)
    end)
  end

  it("counts what it has sent in DONE, and not what a stop kept from leaving", function()
    open()
    local t = d:start{}
    C.core_reserve(d.core, d.now)
    local n = C.core_fill(d.core, d.probes, d.handles, 64, d.now)
    assert.equal(5, n)
    for i = 0, 1 do C.core_sent(d.core, d.handles[i], 60, 0, d.now) end
    stop(t)
    for i = 2, 4 do C.core_sent(d.core, d.handles[i], 60, 0, d.now) end
    d:run()
    assert.equal(2, d:done(t).probe)
    assert.equal(2, d:count("probes_sent"))
  end)

  it("sends the probes of a manual trace in order, window or not", function()
    open()
    local t = d:start{ flags = C.MTR_MANUAL, window = 1 }
    local handles = {}
    for i, ttl in ipairs{ 9, 3, 3, 1 } do handles[i] = d:probe(t, { ttl = ttl }) end
    d:step()
    for i, ttl in ipairs{ 9, 3, 3, 1 } do
      assert.same({ ttl, handles[i] }, { d.sent[i].ttl, d.sent[i].handle })
    end
    d:probe(t, { ttl = 2 })
    d:run()
    assert.equal(5, #d:of("REPLY"))
    assert.equal(5, d:trace(t).probes)
  end)

  it("gives the probes of a manual trace the flow that they ask for", function()
    open()
    local t = d:start{ flags = C.MTR_MANUAL, protocol = "udp", flow = 2, dst = "2001:db8:9::9" }
    local port = d:trace(t).sport
    d:probe(t, { ttl = 1 })
    d:probe(t, { ttl = 1, flow = 5 }, port + 6)
    d:step()
    assert.same({ port, port + 6 }, { d.sent[1].sport, d.sent[2].sport })
    assert.equal(3, d.sent[2].flow_label - d.sent[1].flow_label)
    d:run()
    assert.same({ 2, 5 }, { d:of("SENT")[1].flow, d:of("SENT")[2].flow })
  end)

  it("refuses a manual probe when all identities are taken, and drops those of a stop", function()
    open({ max_probes = 4, late_window = 100 }, { false, dest = false })
    local t = d:start{ flags = C.MTR_MANUAL, timeout = 50 }
    for _ = 1, 4 do assert.is_not_nil((d:probe(t, { ttl = 1 }))) end
    local _, err = d:probe(t, { ttl = 1 })
    assert.equal(EAGAIN, err)
    d:run(200)
    assert.is_not_nil((d:probe(t, { ttl = 1 })))
    d:probe(t, { ttl = 1 })
    stop(t)
    d:run()
    assert.equal(4, #d.sent)
    assert.equal(4, d:done(t).probe)
  end)

  it("fires timers in time and in order, once, and none that was cancelled", function()
    open()
    local handle = {}
    for i, ms in ipairs{ 30, 10, 20, 10, 0 } do
      handle[i] = C.core_timer(d.core, ms * 1e6, i, d.now)
    end
    assert.equal(0, C.core_timer_cancel(d.core, handle[3]))
    assert.equal(ESTALE, C.core_timer_cancel(d.core, handle[3]))
    d:run()
    local order = {}
    for i, e in ipairs(d:of("TIMER")) do
      order[i] = e.cookie
      assert.equal(handle[e.cookie], e.trace)
    end
    assert.same({ 5, 2, 4, 1 }, order)
    assert.is_true(d.now - 1e12 - 30e6 < 2 ^ 17 + 1)
    for _, stale in ipairs{ handle[1], 0, 0xffffffff, handle[1] + 2 ^ 20 } do
      assert.equal(ESTALE, C.core_timer_cancel(d.core, stale))
    end
  end)

  it("wakes for nothing but what is planned", function()
    open({ rate = 100 }, { false, dest = false })
    d:start{ gap_limit = 0, max_ttl = 3, attempts = 1 }
    local turns = 0
    for at in function() return d:next() end do
      d.now = at
      d:step()
      turns = turns + 1
    end
    assert.is_true(turns <= 12, turns .. " turns")
  end)
end)
