-- SPDX-License-Identifier: MIT
--
-- The handle of a released trace named another one 4,096 traces later, and mtr_stop stopped that;
-- the same for timers.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load{ "core/probe/core.h", "core/probe/stop.h" }
local T = core.load{ "core/probe/timers.h" }
local ESTALE, EAGAIN = 116, 11
local MANY = 10000

describe("a stale handle", function()
  it("names no other trace, however many have been since", function()
    local d = drive.new{ network = path.new{ dst = "203.0.113.9" } }
    d.events = setmetatable({}, { __newindex = function() end })
    local seen, most = {}, 0
    for _ = 1, MANY do
      local t = assert(d:start{ max_ttl = 1 })
      assert(not seen[t], t)
      seen[t], most = true, math.max(most, t % 2 ^ C.MTR_HANDLE_BITS)
      C.stop_trace(d.core, d:trace(t), C.MTR_STOP_HALTED, 0, d.now)
      C.advance_traces(d.core, d.now)
      C.stop_release(d.core, d:trace(t))
      d:collect()
      d.traces[t] = nil
      assert(not d:trace(t))
    end
    -- The numbers stay small: one more for each four thousand traces.
    assert(most <= MANY / 4095 + 1, most)
    assert.equal(0, d.core.traces.used)
    d:close()
  end)

  it("names no other timer", function()
    local d = drive.new()
    local seen = {}
    for i = 1, MANY do
      local timer = T.timers_start(d.core, 1000000, i, d.now)
      assert(timer ~= 0)
      assert(not seen[timer], timer)
      seen[timer] = true
      assert(T.timers_cancel(d.core, timer) == 0)
      assert(T.timers_cancel(d.core, timer) == -ESTALE)
    end
    d:close()
  end)

  it("does not make fewer traces than max_traces fit in", function()
    local d = drive.new{ network = path.new{ dst = "203.0.113.9" }, max_traces = 3 }
    for _ = 1, 5000 do
      local list = {}
      for i = 1, 3 do list[i] = assert(d:start{ max_ttl = 1 }) end
      assert(select(2, d:start{ max_ttl = 1 }) == -EAGAIN)
      for _, t in ipairs(list) do
        C.stop_trace(d.core, d:trace(t), C.MTR_STOP_HALTED, 0, d.now)
        C.advance_traces(d.core, d.now)
        C.stop_release(d.core, d:trace(t))
        d:collect()
        d.traces[t] = nil
      end
    end
    d:close()
  end)
end)
