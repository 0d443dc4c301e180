-- SPDX-License-Identifier: MIT
--
-- The end of a campaign in words.
local mtr = require "mtr"

local function lines(more)
  local summary = { targets = 5, traces = 3, failed = 0, probes = 20, hops = 9,
    stop_reasons = { gaplimit = 1, completed = 2 }, errors = {} }
  for name, value in pairs(more or {}) do summary[name] = value end
  return table.concat(mtr.outcome(summary), "\n")
end

describe("the outcome of a campaign", function()
  it("says what was traced", function()
    assert.equal("3 traces: completed 2, gaplimit 1\n20 probes, 9 hops", lines())
    assert.equal("0 traces", (lines { traces = 0, stop_reasons = {} }:match "[^\n]+"))
  end)

  for text, more in pairs {
    ["2 targets could not be traced: EACCES 2"] = { failed = 2, errors = { EACCES = 2 } },
    ["4 attempts failed and were repeated"] = { retried = 4 },
    ["wrong lines of --asn: 2, first: a.txt, line 1: no"] = {
      as_table = { bad = 2, first = "a.txt, line 1: no" } },
    ["it was finished before; nothing was traced"] = { already = true },
    ["threshold not met: rtt.p95 < 5, it is not known"] = {
      thresholds = { { figure = "hops.max", wanted = "> 1", value = 3, met = true },
        { figure = "rtt.p95", wanted = "< 5", met = false } } },
    ["threshold not met: completed >= 0.9, it is 0.5"] = {
      thresholds = { { figure = "completed", wanted = ">= 0.9", value = 0.5, met = false } } },
  } do
    it("says: " .. text, function()
      assert.equal(lines() .. "\n" .. text, lines(more))
    end)
  end
end)
