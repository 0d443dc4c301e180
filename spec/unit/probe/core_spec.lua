-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/core.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C, ffi = core.load{ "core/probe/core.h" }

local DST = "203.0.113.9"

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
    for _, name in ipairs{ "traces", "extras" } do slabs[name] = d.core[name].count end
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
    assert.equal(0, C.fill_probes(d.core, d.probes, d.handles, 64, d.now))
  end)

  it("traces a path of 255 hops", function()
    local places = { rtt = 1 }
    for ttl = 1, 254 do places[ttl] = "10.1.1." .. ttl end
    open({}, places)
    local t = d:start{ max_ttl = 255, protocol = "udp" }
    d:run()
    assert.equal(255, #d:of("HOP", t))
    assert.equal("completed", d:done(t).reason)
  end)

  it("wakes only for what is planned", function()
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
