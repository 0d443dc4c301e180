-- SPDX-License-Identifier: MIT
--
-- Steps that may take no time at all, over loopback: each does a little, and all gets done.
-- spec/sim/bounded_step_spec.lua has the same where time is virtual.
local mtr = require "mtr"
local loopback = require "spec.support.real.loopback"

local describe = loopback.describe(describe, it, pending)

local TRACES, CHUNK = 300, 8           -- CHUNK: events between two looks at the clock

describe("a step that may take a nanosecond", function()
  it("hands out one chunk of events, and everything gets done", function()
    local engine = assert(mtr.engine { rate = "max", max_step = 1e-6 })
    local ended, replies, most = 0, 0, 0
    local opts = { on_reply = function() replies = replies + 1 end }
    for i = 1, TRACES do
      assert(engine:trace("127.0.0." .. i % 250 + 1, opts, function(_, result)
        assert.equal("completed", result.stop_reason)
        ended = ended + 1
      end))
    end
    while engine.work > 0 do
      local n = assert(engine:step())
      most = math.max(most, n)
    end
    assert.equal(TRACES, ended)
    assert(replies >= TRACES, replies)
    assert.equal(CHUNK, most)
    engine:close()
  end)
end)
