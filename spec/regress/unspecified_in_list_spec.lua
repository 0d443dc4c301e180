-- SPDX-License-Identifier: MIT
--
-- A list of targets with 0.0.0.0 or :: in it, or a prefix that has it, ended the whole campaign,
-- and a worker of a fleet hung. Such a target cannot be traced; all others are.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

local LIST = { "10.0.0.1", "0.0.0.0", "::", "0.0.0.0/31", "203.0.113.9" }

describe("the unspecified address in a list", function()
  for how, opts in pairs {
    ["a campaign"] = {}, ["single traces"] = { trace = function() return {} end },
    ["a store"] = { retry = { times = 1 } },
    ["rates of prefixes"] = { prefix_rate = { ["/16"] = 9 } },
  } do
    it("is told, and the rest is traced: " .. how, function()
      local told, done = {}, {}
      simulated.with(simulated.chain(2), function(engine)
        local c = { engine = engine, targets = LIST,
          on_error = function(...) told[#told + 1] = { ... } end,
          on_trace = function(result) done[#done + 1] = result.dst end }
        for key, value in pairs(opts) do c[key] = value end
        local summary = assert(mtr.campaign(c):run())
        assert.same({ 6, 2, 4, false },
          { summary.targets, summary.traces, summary.failed, summary.halted })
      end)
      table.sort(done)
      assert.same({ "10.0.0.1", "203.0.113.9" }, done)
      local refused = 0
      for _, said in ipairs(told) do
        if said[2] == "0.0.0.0" or said[2] == "::" then
          refused = refused + 1
          assert.same({ "EINVAL: the unspecified address is no destination", "EINVAL" },
            { said[1], said[3] })
        end
      end
      assert.equal(3, refused)
    end)
  end

  it("is refused by a watch", function()
    simulated.with(simulated.chain(2), function(engine)
      local watcher, message, name = mtr.watch { targets = { "203.0.113.9", "::" }, every = "1s",
        engine = engine }
      assert.same({ "nil", "EINVAL: the unspecified address is no destination", "EINVAL" },
        { type(watcher), message, name })
    end)
  end)
end)
