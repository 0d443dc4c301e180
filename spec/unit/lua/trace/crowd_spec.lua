-- SPDX-License-Identifier: MIT
--
-- Traces with a callback only: what the user may do with the trace, and that it may be dropped.
local mtr = require "mtr"
local err = require "mtr.base.err"
local crowd = require "mtr.trace.crowd"
local scheduler = require "mtr.wait.scheduler"

local TARGET = "203.0.113.9"

local function open(opts)
  opts = opts or {}
  opts.sim = mtr.sim { nodes = { me = { "192.0.2.1", "2001:db8::1" }, r = "198.51.100.1",
    web = { TARGET, "2001:db8::9" } }, links = { { "me", "r" }, { "r", "web" } } }
  return assert(mtr.engine(opts))
end

local function collect()
  collectgarbage()
  collectgarbage()
end

local engine, reported
before_each(function()
  engine, reported = open(), {}
  err.on_error = function(text) reported[#reported + 1] = text end
end)
after_each(function()
  err.on_error = nil
  engine:close()
end)

-- Returns a callback, and the list of what it was called with.
local function record()
  local got = {}
  return function(message, result) got[#got + 1] = { message, result } end, got
end

-- The trace that a crowd keeps at a place, if it has one.
local function kept(c)
  for _, call in ipairs(c.calls) do
    if type(call) == "table" then return call end
  end
end

describe("a trace with a callback only", function()
  it("gives the same result whether its object was dropped or not", function()
    for _, target in ipairs { TARGET, "2001:DB8::9" } do
      local texts = {}
      for i, drop in ipairs { false, true } do
        local e = open()
        local done, got = record()
        local trace = e:trace(target, nil, done)
        local c = crowd.of(trace)
        if drop then
          trace = nil
          collect()
          assert.is_nil(next(c.traces))
        end
        e:run()
        assert.equal(1, #got)
        assert.is_nil(got[1][1])
        assert.equal(target, got[1][2].target)
        assert.equal(target:lower(), got[1][2].dst)
        texts[i] = got[1][2]:json()
        if trace then assert.equal(got[1][2], trace.result) end
        e:close()
      end
      assert.equal(texts[1], texts[2])
    end
  end)

  it("shares one slot and one function", function()
    local done, got = record()
    for _ = 1, 300 do engine:trace(TARGET, { max_ttl = 4 }, done) end
    assert.equal(1, #engine.entries)
    assert.equal(1, engine.work)
    engine:run()
    assert.equal(300, #got)
    assert.equal(0, engine.work)
    for _, one in ipairs(got) do assert.equal("completed", one[2].stop_reason) end
  end)

  it("has its fields and its end, if it is held", function()
    local trace = engine:trace(TARGET, nil, function(_, _) end)
    collect()
    assert.equal("running", trace.state)
    assert.equal(TARGET, trace.target)
    assert.equal(TARGET, trace.dst)
    assert.equal("icmp", trace.protocol)
    local task = mtr.go(function() scheduler.wait(trace) end)
    collect()
    task:wait()
    assert.is_nil(task.err)
    assert.equal("done", trace.state)
    assert.equal("completed", trace.result.stop_reason)
    assert.equal(2, trace.result.hop_count)
    assert.equal(2, trace.hop_count)
  end)

  it("keeps what was set in it when it is dropped afterwards", function()
    local done, got = record()
    engine:trace(TARGET, nil, done).data = "mine"
    engine:trace(TARGET, nil, done):stop("error", 7)
    collect()
    engine:run()
    local by_reason = {}
    for _, one in ipairs(got) do by_reason[one[2].stop_reason] = one[2] end
    assert.equal("mine", by_reason.completed.data)
    assert.equal(7, by_reason.error.stop_data)
  end)

  it("is held strongly only from its first set field on", function()
    local trace = engine:trace(TARGET, nil, function(_, _) end)
    local c = crowd.of(trace)
    assert.is_nil(kept(c))
    trace.note = 1
    assert.equal(trace, kept(c))
    engine:run()
    assert.is_nil(kept(c))
    assert.equal(1, trace.note)
  end)

  it("makes no result for a function without a parameter for it", function()
    local n = 0
    local trace = engine:trace(TARGET, nil, function(message, ...)
      n = n + select("#", ...)
      assert.is_nil(message)
    end)
    local bare = engine:trace(TARGET, nil, function(message) assert.is_nil(message) end)
    engine:run()
    assert.equal(1, n)
    assert.equal("completed", trace.result.stop_reason)
    assert.is_nil(bare.result or nil)
    assert.is_true(engine.crowds[true].slot ~= engine.crowds[false].slot)
    assert.same({}, reported)
  end)

  it("ends once as halted when the engine closes, held or dropped", function()
    local done, got = record()
    engine:trace(TARGET, nil, done)
    collect()
    local trace = engine:trace(TARGET, nil, done)
    engine:close()
    assert.equal(2, #got)
    for _, one in ipairs(got) do assert.equal("halted", one[2].stop_reason) end
    assert.equal("done", trace.state)
    engine = open()
  end)

  it("ends as halted when all traces must end, and when it starts later", function()
    local done, got = record()
    engine:trace(TARGET, nil, done)
    collect()
    local trace = engine:trace(TARGET, nil, done)
    engine:halt()
    assert.equal("stopping", trace.state)
    engine:trace(TARGET, nil, done)
    engine:run()
    assert.equal(3, #got)
    for _, one in ipairs(got) do assert.equal("halted", one[2].stop_reason) end
  end)

  it("is not disturbed by the error of another's function", function()
    local done, got = record()
    for i = 1, 3 do
      engine:trace(TARGET, nil, i == 2 and function(_, result) error(result.dst .. " fails") end
        or done)
    end
    collect()
    engine:run()
    assert.equal(2, #got)
    assert.equal(1, #reported)
    assert.truthy(reported[1]:find(TARGET .. " fails", 1, true))
    assert.equal(0, engine.work)
  end)

  it("may start the next one, in the place that it leaves", function()
    local n = 0
    local function again(message, result)
      assert.is_nil(message)
      assert.equal("completed", result.stop_reason)
      n = n + 1
      if n < 50 then engine:trace(TARGET, nil, again) end
    end
    engine:trace(TARGET, nil, again)
    engine:run()
    assert.equal(50, n)
    assert.same({}, reported)
    assert.is_true(#engine.crowds[true].calls <= 2)
  end)

  it("has a slot of its own where pick chooses among traces", function()
    local picked
    engine:close()
    engine = open { pick = function(ready)
      picked = picked or ready[1]
      return 1
    end }
    local done, got = record()
    local trace = engine:trace(TARGET, nil, done)
    engine:run()
    assert.equal(trace, picked)
    assert.equal(1, #got)
  end)
end)
