-- SPDX-License-Identifier: MIT
--
-- The bench's part about strategies: what they cost in comparison with the engine's own sweep, over
-- a simulated internet, in turns and each in its own process; how many addresses doubletree finds
-- with how many probes; how often mda finds a whole diamond. See strategies.lua, interfaces.lua and
-- diamonds.lua.

local script = require "spec.perf.kit.contenders".script
local reports = require "spec.perf.kit.report"

local ROUNDS, TARGETS, WARM = 5, 60000, 20000
local CASES = {
  { strategy = "window-lua", window = 8, most = 1.5 },
  { strategy = "coroutine", window = 1, most = 2.5 },
}
local MOST_PROBES, LEAST_FOUND, LEAST_DIAMONDS = 50, 99, 95

-- What a strategy costs, and what the sweep does that sends the same probes.
local function check_cost(report, case)
  local name, cost, ratio = case.strategy, {}, {}
  for round = 1, ROUNDS do
    local values = {}
    for _, strategy in ipairs({ name, "window" }) do
      values[strategy] = script("strategies", {
        strategy = strategy, window = case.window, targets = TARGETS, warm = WARM,
      })
    end
    local sweep = values.window
    assert(math.abs(values[name].probes / sweep.probes - 1) < 1e-3, "bench: other probes")
    cost[round], ratio[round] = values[name].us_per_probe, values[name].cpu / sweep.cpu
  end
  local id = "strategy_" .. name:gsub("-", "_")
  report:add_median({ name = id .. "_us", text = "CPU time per probe, " .. name, unit = "us" },
    cost)
  report:add_median({ name = id .. "_ratio", most = case.most,
    text = ("%s / the sweep that sends the same probes"):format(name) }, ratio)
end

---@param report perf.Report
return function(report)
  reports.say("\nStrategies, over simulated networks")
  for _, case in ipairs(CASES) do
    check_cost(report, case)
  end
  local window = script("interfaces", { strategy = "window" })
  local tree = script("interfaces", { strategy = "doubletree" })
  report:add({ name = "doubletree_probes", text = "doubletree's probes, of window's", unit = "%",
    value = tree.probes / window.probes * 100, most = MOST_PROBES, digits = 1 })
  report:add({ name = "doubletree_interfaces", text = "interfaces it finds, of window's",
    unit = "%", value = tree.interfaces / window.interfaces * 100, least = LEAST_FOUND,
    digits = 1 })
  report:add({ name = "mda_diamonds", unit = "%", digits = 1, least = LEAST_DIAMONDS,
    text = "of 1000 diamonds 16 wide mda finds every next hop",
    value = script("diamonds", { targets = 1000 }).share * 100 })
end
