-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/stop.c.

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"

local C = core.load{ "core/probe/core.h" }

describe("stopping a trace", function()
  local d

  local function open(o, places) d = drive.over(o, places) end
  local function stop(handle, reason, data)
    C.stop_trace(d.core, d:trace(handle), reason or C.MTR_STOP_HALTED, data or 0, d.now)
  end

  after_each(function() d:close() end)

  for _, when in ipairs{ "before it has sent anything", "while probes are out",
    "after the first answers" } do
    it("works " .. when .. ", reports it once and forgets its probes", function()
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

  it("reports in DONE the probes sent, without those that it kept from leaving", function()
    open()
    local t = d:start{}
    C.core_reserve(d.core, d.now)
    local n = C.fill_probes(d.core, d.probes, d.handles, 64, d.now)
    assert.equal(5, n)
    for i = 0, 1 do C.fill_sent(d.core, d.handles[i], 60, 0, d.now) end
    stop(t)
    for i = 2, 4 do C.fill_sent(d.core, d.handles[i], 60, 0, d.now) end
    d:run()
    assert.equal(2, d:done(t).probe)
    assert.equal(2, d:count("probes_sent"))
  end)

  -- A trace that was released before it was judged stayed in the list of those to judge, which went
  -- in a circle when its place was used again.
  for _, which in ipairs{ "first", "middle", "last", "only" } do
    it("may be followed by its release at once: " .. which, function()
      open({}, { "10.0.0.1" })
      local t = {}
      for i = 1, which == "only" and 1 or 3 do t[i] = d:start{} end
      d:step()
      for i = 1, #t do stop(t[i]) end
      local i = ({ first = 1, middle = 2, last = 3, only = 1 })[which]
      C.stop_release(d.core, d:trace(t[i]))
      local again = d:start{}
      stop(again)
      d:run()
      assert.equal("halted", d:done(again).reason)
      for k = 1, #t do
        if k ~= i then assert.equal("halted", d:done(t[k]).reason) end
      end
    end)
  end

  it("gives no handle that is 0 or equal to the one before", function()
    open{ max_traces = 1 }
    local seen = {}
    for _ = 1, 4095 do
      local t = d:start{}
      assert.is_true(t ~= 0 and not seen[t])
      seen[t] = true
      stop(t)
      d:run()
      C.stop_release(d.core, d:trace(t))
      assert.is_nil(d:trace(t))
    end
    assert.is_true(d:start{} ~= 0)
  end)

  it("gives up what a manual trace has queued, and frees its identities", function()
    open()
    local t = d:start{ flags = C.MTR_MANUAL }
    for ttl = 1, 3 do d:probe(t, { ttl = ttl }) end
    stop(t)
    assert.equal(0, d:trace(t).extra.queued)
    assert.equal(C.SLAB_NONE, d:trace(t).extra.queue)
    assert.equal(3, d.core.tables[0].silent.count + d.core.tables[1].silent.count)
    d:run()
    assert.equal(0, #d.sent)
  end)
end)
