-- SPDX-License-Identifier: MIT
--
-- A campaign that a hook stopped while the library had already asked for the next probe of one of
-- its traces complained: "strategy sequential: next: ESTALE: stale file handle".
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

describe("a campaign that a hook stops", function()
  for _, strategy in ipairs { "window-lua", "sequential", "random", "rounds", "doubletree", "mda",
    "pmtu" } do
    it("complains of nothing: " .. strategy, function()
      local target = simulated.V4
      for stop = 1, 12 do
        local told = {}
        simulated.with(simulated.chain(3), function(engine)
          local campaign, replies, ended = nil, 0, 0
          campaign = mtr.campaign { engine = engine, targets = { target, target, target },
            on_trace = function() ended = ended + 1 end,
            on_error = function(_, problem) told[#told + 1] = problem end,
            trace = { strategy = strategy, protocol = "udp", on_reply = function()
              replies = replies + 1
              if replies == stop then campaign:stop() end
            end } }
          campaign:run()
          assert.is_true(ended > 0 and replies >= stop)
        end, { log = function(level, text) if level ~= "info" then told[#told + 1] = text end end })
        assert.same({}, told)
      end
    end)
  end
end)
