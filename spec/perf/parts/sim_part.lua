-- SPDX-License-Identifier: MIT
--
-- The bench's part without any network: a simulated internet of a million prefixes, with a callback
-- per trace, and the cost of its start.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local reports = require "spec.perf.kit.report"

local SIMULATED, SIM_RATE, SIM_PEAK = 1000000, 1.5e6, 128
local MOST_START_MS, MOST_START_KIB = 15, 8192

local function check_sim(report)
  reports.say("\nA simulated internet of a million prefixes, a callback per trace")
  local many = contenders.script("sim", { targets = SIMULATED, parts = 10 })
  report:add({ name = "sim_rate", text = "probes per second of processor time", digits = 0,
    value = many.probes_per_second, least = SIM_RATE })
  report:add({ name = "sim_peak_mib", text = "peak memory", unit = "MiB", digits = 1,
    value = many.peak / 2 ^ 20, most = SIM_PEAK })
  report:add({ name = "sim_growth", text = "CPU time of 10 times the targets", unit = "x",
    value = many.cpu / many.part_cpu, most = 11, least = 9 })
  report:add({ name = "sim_lost", text = "replies lost, unmatched or malformed", digits = 0,
    value = many.dropped + many.unmatched + many.malformed, most = 0, least = 0 })
end

local function check_start(report)
  reports.say("\nStart-up")
  local empty = load_kit.map(5, function()
    return contenders.wall_ms(contenders.MTRLUA .. " -e ''", 10) - contenders.wall_ms("true", 10)
  end)
  report:add_median({ name = "start_ms", text = "mtrlua -e ''", unit = "ms",
    most = MOST_START_MS }, empty)
  report:add({ name = "start_peak_kib", text = "its peak memory", unit = "KiB", digits = 0,
    most = MOST_START_KIB, value = contenders.idle_peak() / 1024 })
end

---@param report perf.Report
return function(report)
  check_sim(report)
  check_start(report)
end
