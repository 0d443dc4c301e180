-- SPDX-License-Identifier: MIT
--
-- In a simulation, a strategy that waited for less than a nanosecond while the time was just that
-- of a tick of the timers was asked again at the same time, for ever: now and then a worker of a
-- fleet that shares rates of routers hung. Every wait but 0 takes time now, also that of a timer.
local simulated = require "spec.support.virtual.simulated"
local timer = require "mtr.wait.timer"

local MANY = 1000
-- ms until a tick (of 2^17 ns) when the time of a simulation begins at 1 s; and its time since the
-- trace began as strategies get it, which is a float
local TICK, SEEN, REST = 1.127936, 1.12793600559234619140625, 3e-7

describe("a wait of less than a nanosecond takes time", function()
  it("for a strategy", function()
    local times, strategy = {}, {}
    function strategy:next(now)
      times[#times + 1] = now
      assert(#times < MANY, "asked at the same time for ever")
      self.due = SEEN + REST
      if self.due > now then return nil, self.due - now end
      return "stop", "completed"
    end
    simulated.with(simulated.chain(2), function(engine)
      assert.equal("completed", assert(engine:trace("203.0.113.9", { strategy = strategy }))
        .stop_reason)
    end)
    assert.equal(3, #times)
    assert.equal(SEEN, times[2])       -- else nothing was shown
    assert.is_true(times[3] > SEEN)
  end)

  it("for a timer", function()
    simulated.with(simulated.chain(2), function(engine)
      local since, n = engine:now(), 0
      local function again()
        n = n + 1
        if n == 2 then assert.is_true(math.abs(engine:now() - since - TICK) < 1e-9) end
        if n < MANY then timer.start(engine, n == 1 and TICK or REST, again) end
      end
      again()
      engine:run()
      assert.is_true(engine:now() - since > 1.9 * TICK)
    end)
  end)
end)
