-- The bench's part on strategies: what they cost beside the engine's own sweep, over a simulated
-- internet, in turns and in processes of their own; what doubletree finds for how many probes; how
-- often mda finds all of a diamond. See strategies.lua, interfaces.lua and diamonds.lua.
-- SPDX-License-Identifier: MIT

local contenders = require("spec.perf.contenders")
local reports = require("spec.perf.report")

local ROUNDS, TARGETS, WARM = 5, 30000, 20000
local MOST = { ["window-lua"] = 1.5, coroutine = 2.5 }
local MOST_PROBES, LEAST_FOUND, LEAST_DIAMONDS = 50, 99, 95

-- Runs one of the scripts.
local function run(script, options)
  local command = ("timeout --foreground 60 %s spec/perf/%s.lua %s"):format(contenders.MTRLUA,
    script, contenders.words(options))
  local pipe = assert(io.popen(command))
  local values = contenders.numbers(pipe:read("*a"))
  assert(pipe:close() and next(values), "bench: failed: " .. command)
  return values
end

local function check_cost(report)
  local cost, ratio = {}, {}
  for round = 1, ROUNDS do
    for _, name in ipairs({ "window", "window-lua", "coroutine" }) do
      cost[name], ratio[name] = cost[name] or {}, ratio[name] or {}
      cost[name][round] = run("strategies", { strategy = name, targets = TARGETS, warm = WARM })
        .us_per_probe
      ratio[name][round] = cost[name][round] / cost.window[round]
    end
  end
  for _, name in ipairs({ "window", "window-lua", "coroutine" }) do
    local id = "strategy_" .. name:gsub("-", "_")
    report:add_median({ name = id .. "_us", text = "CPU time per probe, " .. name, unit = "us" },
      cost[name])
    if MOST[name] then
      report:add_median({ name = id .. "_ratio", text = name .. " / window", most = MOST[name] },
        ratio[name])
    end
  end
end

---@param report perf.Report
return function(report)
  reports.say("\nStrategies, over simulated networks")
  check_cost(report)
  local window = run("interfaces", { strategy = "window" })
  local tree = run("interfaces", { strategy = "doubletree" })
  report:add({ name = "doubletree_probes", text = "doubletree's probes, of window's", unit = "%",
    value = tree.probes / window.probes * 100, most = MOST_PROBES, digits = 1 })
  report:add({ name = "doubletree_interfaces", text = "interfaces it finds, of window's",
    unit = "%", value = tree.interfaces / window.interfaces * 100, least = LEAST_FOUND,
    digits = 1 })
  report:add({ name = "mda_diamonds", unit = "%", digits = 1, least = LEAST_DIAMONDS,
    text = "of 1000 diamonds 16 wide mda finds every next hop",
    value = run("diamonds", { targets = 1000 }).share * 100 })
end
