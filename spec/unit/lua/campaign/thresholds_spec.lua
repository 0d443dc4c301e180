-- SPDX-License-Identifier: MIT
--
-- Thresholds of a campaign: which figures there are, and how they are compared with its end.
local thresholds = require "mtr.campaign.thresholds"

local summary = {
  targets = 10, traces = 8, failed = 2, probes = 100, stop_reasons = { completed = 6, loop = 2 },
}

local function judge(given, results)
  local before = thresholds.unmet
  local list = assert(thresholds.new(given))
  for _, result in ipairs(results or {}) do list:count(result) end
  local outcomes = list:judge(summary)
  return outcomes, thresholds.unmet - before
end

describe("thresholds", function()
  for text, met in pairs {
    [">= 0.75"] = true, ["> 75%"] = false, ["== .75"] = true, ["<0.8"] = true, ["<= 0.7"] = false,
  } do
    it("compares a share with " .. text, function()
      local outcomes, unmet = judge { completed = text }
      assert.same({ { figure = "completed", wanted = text, value = 0.75, met = met } }, outcomes)
      assert.equal(met and 0 or 1, unmet)
    end)
  end

  it("compares counts, and the share of failed targets; in order of their names", function()
    local outcomes = judge { probes = "<= 99", failed = "< 0.3", gaplimit = "== 0" }
    assert.same({
      { figure = "failed", wanted = "< 0.3", value = 0.2, met = true },
      { figure = "gaplimit", wanted = "== 0", value = 0, met = true },
      { figure = "probes", wanted = "<= 99", value = 100, met = false },
    }, outcomes)
  end)

  it("compares rtt of the targets that answered, duration and hops", function()
    local results = {}
    for i = 1, 4 do
      results[i] = { stop_reason = i < 4 and "completed" or "gaplimit", duration = 100 * i,
        hop_count = i, copy = function() return { hops = { { rtt = i } } } end }
    end
    local outcomes = judge({ ["rtt.max"] = "< 3", ["duration.mean"] = "<= 250",
      ["hops.p50"] = "<= 2.1", ["rtt.min"] = "== 1" }, results)
    local seen = {}
    for _, one in ipairs(outcomes) do seen[one.figure] = one.met end
    assert.same({ ["rtt.max"] = false, ["duration.mean"] = true, ["hops.p50"] = true,
      ["rtt.min"] = true }, seen)
  end)

  it("is unmet without any value", function()
    assert.same({ { figure = "rtt.p95", wanted = "< 250", met = false } },
      (judge { ["rtt.p95"] = "< 250" }))
  end)

  for name, message in pairs {
    ["rtt.p101"] = 'there is no figure "rtt.p101"; did you mean "rtt.p50"?',
    ["rrt.p95"] = 'there is no figure "rrt.p95"; did you mean "rtt.p95"?',
    rtt = 'there is no figure "rtt"',
  } do
    it("refuses the figure " .. name, function()
      local ok, why = thresholds.new { [name] = "< 1" }
      assert.is_nil(ok)
      assert.equal("thresholds: " .. message, why)
    end)
  end

  it("compares ms with a number only", function()
    assert.equal('thresholds: rtt.p95 must be compared with a number, got "< 5%"',
      (select(2, thresholds.new { ["rtt.p95"] = "< 5%" })))
  end)
end)
