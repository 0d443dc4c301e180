-- SPDX-License-Identifier: MIT
--
-- Tests core/probe/lane.c: traces that share a rate.
local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load { "core/probe/core.h", "core/probe/lane.h" }

local ESTALE, EINVAL = -116, -22

describe("lanes", function()
  local d

  local function open(o)
    o = o or {}
    o.network = path.new { dst = "203.0.113.9", dest = false }
    d = drive.new(o)
  end

  -- A trace that has 60 probes to send and never gets an answer.
  local function start(lanes, o)
    local options = { gap_limit = 0, attempts = 2, max_ttl = 30, timeout = 100 }
    options.lanes = { lanes[1] or 0, lanes[2] or 0 }       -- LuaJIT repeats a single value
    for name, value in pairs(o or {}) do options[name] = value end
    return d:start(options)
  end

  -- When probes of some traces were sent, in seconds; all without a list.
  local function times(handles)
    local list, wanted = {}, {}
    for _, handle in ipairs(handles or {}) do wanted[handle] = true end
    for _, e in ipairs(d:of "SENT") do
      if not handles or wanted[e.trace] then
        list[#list + 1] = e.at / 1000
      end
    end
    table.sort(list)
    return list
  end

  -- The most of them within any second.
  local function most(list)
    local found, first = 0, 1
    for last = 1, #list do
      while list[last] - list[first] >= 0.9999 do first = first + 1 end
      found = math.max(found, last - first + 1)
    end
    return found
  end

  after_each(function() d:close() end)

  for _, rate in ipairs { 2, 10, 333 } do
    it(("let all their traces together send %d probes per second"):format(rate), function()
      open()
      local lane = C.lane_open(d.core, rate, d.now)
      local handles = {}
      for i = 1, 5 do handles[i] = start { lane } end
      local free = start {}
      d:run()
      local all = times(handles)
      assert.equal(300, #all)
      assert.is_true(most(all) <= rate + 1, tostring(most(all)))
      local reached = 199 / (all[200] - all[1])      -- while all five have probes to send
      assert.is_true(reached >= 0.97 * rate, tostring(reached))
      -- A trace that is in no lane does not wait for them.
      local alone = times { free }
      assert.equal(60, #alone)
      assert.is_true(alone[#alone] < 3)
    end)
  end

  it("are shared fairly", function()
    open()
    local lane = C.lane_open(d.core, 10, d.now)
    local a, b, c = start { lane }, start { lane }, start { lane }
    d:run(6000)
    for _, handle in ipairs { a, b, c } do
      local n = #times { handle }
      assert.is_true(n >= 19 and n <= 21, tostring(n))
    end
  end)

  it("let a trace in two of them go at the slower rate", function()
    open()
    local wide, narrow = C.lane_open(d.core, 100, d.now), C.lane_open(d.core, 5, d.now)
    local both, other = start { wide, narrow }, start { wide }
    d:run(10000)
    local n = #times { both }
    assert.is_true(n >= 49 and n <= 51, tostring(n))
    assert.equal(60, #times { other })
  end)

  it("ask a strategy only when it may send", function()
    open()
    local lane, ttl = C.lane_open(d.core, 4, d.now), 0
    local handle = start({ lane }, { flags = C.MTR_STRATEGY, max_ttl = 10 })
    d:answer("NEXT", function()
      ttl = ttl + 1
      if ttl <= 10 then d:probe(handle, { ttl = ttl }) else
        C.answer_pass(d.core, d:trace(handle), -1, d.now)
      end
    end, 10000)
    local list = times { handle }
    assert.equal(10, #list)
    assert.is_true(list[10] >= 2.2 and list[10] <= 2.3, tostring(list[10]))
  end)

  it("do not make a trace wait longer because answers come", function()
    d = drive.over({}, { "10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5" })
    local lane = C.lane_open(d.core, 2, d.now)
    local a, b = start { lane }, start { lane }
    d:run()
    assert.equal("completed", d:done(a).reason)
    assert.equal("completed", d:done(b).reason)
    local list = times { a, b }
    assert.is_true(list[#list] <= (#list - 1) * 0.5 + 0.001, tostring(list[#list]))
  end)

  for _, case in ipairs { { 0.1, 20 }, { 100, 2 } } do
    local before, behind = case[1], case[2]
    it(("change from %g to %g probes per second for traces that wait"):format(before, behind),
      function()
        open()
        local lane = C.lane_open(d.core, before, d.now)
        local handles = {}
        for i = 1, 5 do handles[i] = start { lane } end
        d:run(1000)
        local early = #times(handles)
        assert.is_true(early <= before + 1 and early >= math.floor(before), tostring(early))
        assert.equal(0, C.lane_rate(d.core, lane, behind, d.now))
        d:run(10000)
        local n = #times(handles) - early
        assert.is_true(n >= 10 * behind - 1 and n <= 10 * behind + 1, tostring(n))
      end)
  end

  it("that are closed are freed when the last trace has left, and take no other", function()
    open()
    local lane = C.lane_open(d.core, 1, d.now)
    local handle = start { lane }
    assert.equal(0, C.lane_close(d.core, lane))
    assert.equal(ESTALE, C.lane_close(d.core, lane))
    assert.same({ nil, EINVAL }, { start { lane } })
    d:run(5500)
    assert.equal(6, #times { handle })                    -- it still keeps the rate
    C.stop_trace(d.core, d:trace(handle), C.MTR_STOP_HALTED, 0, d.now)
    d:run(0)
    assert.equal(1, d.core.lanes.used)
    C.stop_release(d.core, d:trace(handle))
    assert.equal(0, d.core.lanes.used)
    assert.equal(lane, C.lane_open(d.core, 1, d.now))     -- its place is used again
  end)

  it("that are not open are refused", function()
    open()
    for _, number in ipairs { 1, 77, 0xffffffff } do
      assert.same({ nil, EINVAL }, { start { number } })
    end
    assert.equal(ESTALE, C.lane_close(d.core, 0))
    assert.equal(ESTALE, C.lane_rate(d.core, 1, 5, d.now))
  end)
end)
