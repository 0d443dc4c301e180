-- SPDX-License-Identifier: MIT
--
-- A hook that returned "stopp", true or a stop reason was ignored without a word.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"

local WRONG = { { "stopp", '"stopp"' }, { "completed", '"completed"' }, { true, "true" },
  { 5, "5" } }

describe("a hook that returns neither stop nor nothing", function()
  for _, case in ipairs(WRONG) do
    local value, shown = unpack(case)
    local message = 'a hook must return "stop" or nothing, got ' .. shown

    -- Runs fn with an engine; returns its result and what the engine reported.
    local function with(fn)
      local said = {}
      local e = assert(mtr.engine { sim = simulated.chain(3), seed = 1,
        log = function(level, text) if level == "error" then said[#said + 1] = text end end })
      local result = fn(e)
      e:close()
      return result, said
    end

    for _, hook in ipairs { "on_probe", "on_reply", "on_hop" } do
      it(("ends its trace with an error: %s, %s"):format(hook, shown), function()
        local result, said = with(function(e)
          return e:trace("10.0.0.3", { [hook] = function() return value end })
        end)
        assert.equal("error", result.stop_reason)
        assert.matches(message, result.error, 1, true)
        assert.equal(1, #said)
      end)
    end

    it("ends its trace of a campaign, or is reported: " .. shown, function()
      local reasons
      local _, said = with(function(e)
        reasons = mtr.campaign({ engine = e, targets = { "10.0.0.3" },
          trace = { on_reply = function() return value end },
          on_trace = function() return value end }):run().stop_reasons
      end)
      assert.same({ error = 1 }, reasons)
      assert.equal(2, #said)
      assert.matches(message, said[2], 1, true)
    end)
  end

  it("may say nothing with false", function()
    local e = assert(mtr.engine { sim = simulated.chain(3), seed = 1 })
    local result = e:trace("10.0.0.3", { on_reply = function() return false end })
    assert.equal("completed", result.stop_reason)
    e:close()
  end)
end)
