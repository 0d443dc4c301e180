-- SPDX-License-Identifier: MIT
--
-- The order of answered and unanswered probes of a hop.
local attempts = require "mtr.record.attempts"
local kept = require "mtr.record.kept"
local simulated = require "spec.support.virtual.simulated"

local function order(hop)
  local list = {}
  for i, at in ipairs(attempts.of(hop)) do list[i] = at or "*" end
  return table.concat(list, " ")
end

describe("the attempts of a hop", function()
  for name, case in pairs {
    ["that is silent"] = { "* *", {}, 2 },
    ["that was not probed"] = { "", {} },
    ["that answered the second time"] = { "* 1", { { attempt = 2 } }, 1 },
    ["are in the order of sending"] = { "2 * 1", { { attempt = 3 }, { attempt = 1 } }, 1 },
    ["end with those that nothing came for"] = { "1 * *", { { attempt = 1 } }, 2 },
    ["count failed sends as unanswered"] = { "* 1 *", { { attempt = 2 } }, 1, 1 },
    ["count an answer once"] = { "1 3",
      { { attempt = 1 }, { attempt = 1, dup = true }, { attempt = 2 } } },
    ["count a late reply among the unanswered ones"] = { "1 2",
      { { attempt = 1, late = true }, { attempt = 2 } }, 1 },
    ["prefer the answer to a packet too big"] = { "2 *",
      { { attempt = 1, too_big = true }, { attempt = 1 } }, 1 },
    ["prefer the answer to what was ignored"] = { "2",
      { { attempt = 1, ignored = true }, { attempt = 1 } } },
    ["keep the place of one still under way"] = { "* 1", { { attempt = 2 } } },
  } do
    it(name, function()
      assert.equal(case[1], order { replies = case[2], unanswered = case[3], failed = case[4] })
    end)
  end

  it("are a field that is computed when it is read", function()
    local hop = setmetatable({ replies = { { attempt = 2 } }, unanswered = 1 }, kept.hop)
    assert.same({ false, 1 }, hop.attempts)
    assert.is_nil(rawget(hop, "attempts"))
    assert.equal(hop, hop:copy())
  end)

  it("agree with what a trace has sent", function()
    local net = simulated.chain(4, { r2 = { silent = true },
      r3 = { reply = { rate = 1, burst = 1 } } })
    local result = simulated.trace(net, nil, { queries = 3, window = 1, timeout = 200 })
    local sent = 0
    for _, hop in ipairs(result.hops) do
      sent = sent + #hop.attempts
      for attempt, at in ipairs(hop.attempts) do
        if at then assert.equal(attempt, hop.replies[at].attempt) end
      end
    end
    assert.equal(result.probe_count, sent)
    assert.equal("* * * * * *", order(result.hops[2]))
    assert.truthy(order(result.hops[3]):find "^1 %*")
  end)
end)
