-- SPDX-License-Identifier: MIT
--
-- Steps that may take only so long: each leaves the rest to the next one, and nothing is lost.
local mtr = require "mtr"

local N = 600

local function open(max_step)
  return assert(mtr.engine {
    sim = mtr.sim.internet { prefixes = 2000 }, rate = "max", seed = 5, max_step = max_step,
  })
end

-- Starts N traces with callbacks. Returns what each callback got, by its number.
local function start(engine, opts)
  local got, traces = {}, {}
  for i = 1, N do
    local dst = ("%d.%d.%d.1"):format(1 + i % 200, i % 7, i % 250)
    traces[i] = engine:trace(dst, opts, function(message, result)
      assert(not got[i], "called twice")
      got[i] = message or { result.dst, result.stop_reason, #result.hops }
    end)
  end
  return got, traces
end

local function drive(engine)
  local most, steps = 0, 0
  while engine.work > 0 do
    assert.equal(0, engine:timeout_ms())          -- the descriptor is readable until all is done
    most, steps = math.max(most, (assert(engine:step()))), steps + 1
  end
  return most, steps
end

describe("a bounded step", function()
  local engine

  after_each(function() engine:close() end)

  it("hands out so many events at most, and all of them in the end", function()
    engine = open()
    local all = start(engine, { protocol = "udp" })
    local largest = drive(engine)
    engine:close()
    engine = open(1)
    local got = start(engine, { protocol = "udp" })
    local most, steps = drive(engine)
    assert.is_true(largest > 256, largest .. " events in the largest step without a bound")
    assert.equal(256, most)
    assert.is_true(steps > 3)
    assert.same(all, got)
    -- Replies that are still on their way are taken; nothing else wakes an idle engine.
    local late = 0
    while engine:timeout_ms() == 0 do late = late + assert(1, engine:step()) end
    assert.equal(-1, engine:timeout_ms())
    assert.is_true(late < 50, late .. " steps without a trace")
  end)

  it("starts many traces over several steps, and stops those that did not start", function()
    engine = open(1)
    local got, traces = start(engine, { protocol = "udp" })
    assert.equal(64, engine:stats().traces_started)
    traces[N]:stop()
    local before, most = 64, 0
    while engine.work > 0 do
      engine:step()
      local now = engine:stats().traces_started
      before, most = now, math.max(most, now - before)
    end
    assert.equal(64, most)
    assert.equal(N - 1, engine:stats().traces_started)
    assert.truthy(got[N]:find "^ECANCELED: stopped")
    for i = 1, N - 1 do assert.equal("table", type(got[i]), i) end
  end)

  it("calls the callbacks of those that did not start, when the engine closes", function()
    engine = open(1)
    local got = start(engine, { protocol = "udp" })
    engine:close()
    for i = 1, 64 do assert.equal("halted", got[i][2]) end
    for i = 65, N do assert.equal("ECANCELED: the engine was closed", got[i]) end
  end)
end)
