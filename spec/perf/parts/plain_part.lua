-- SPDX-License-Identifier: MIT
--
-- The bench's part about plain programs: what they cost in comparison with a campaign that traces
-- the same targets and looks at the same members of each result (see loads/plain.lua), in turns and
-- each in its own process. First over a simulated internet, then over the load lab with the
-- transport packet.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local load = require "spec.perf.parts.load"
local reports = require "spec.perf.kit.report"
local load_runs = require "spec.perf.kit.load_runs"

local ROUNDS, TARGETS, FLIGHT = 5, 60000, 1000
local MOST_CPU, MOST_MEMORY = 1.25, 1.25
local LAB_N = 65536
local LAB = { flight = 10000, transport = "packet", rate = 300000, window = 1, attempts = 1,
  timeout = 500, gap_limit = 16 }

-- Only the plain loop has a target; what the others cost is told.
local WAYS = {
  { way = "plain", text = "a loop over engine:trace", cpu = MOST_CPU, memory = MOST_MEMORY },
  { way = "tasks", text = "tasks that wait for mtr.trace" },
  { way = "hops", text = "tasks that iterate over mtr.hops" },
}

-- Adds the ratios of a way to the campaign. `run` gives us_per_probe, peak and what was seen.
local function check(report, name, way, rounds, run)
  local cpu, memory = {}, {}
  for i = 1, rounds do
    local campaign, other = run("campaign"), run(way.way)
    assert(campaign.traces == other.traces and other.failed == 0, "bench: traces were lost")
    cpu[i], memory[i] = other.us_per_probe / campaign.us_per_probe, other.peak / campaign.peak
  end
  local id = ("%s_%s_"):format(name, way.way)
  report:add_median({ name = id .. "cpu", most = way.cpu, text = way.text .. ": CPU per probe" },
    cpu)
  report:add_median({ name = id .. "memory", most = way.memory,
    text = way.text .. ": peak memory" }, memory)
end

local function in_sim(look)
  return function(way)
    return contenders.script("plain", {
      way = way, targets = TARGETS, flight = FLIGHT, look = look,
    })
  end
end

local function in_lab(net)
  local from = load_runs.targets(net, LAB_N)
  return function(way)
    local words = contenders.words(load_kit.with(LAB, { way = way, from = from }))
    local values, why = load_runs.run(net, ("%s spec/perf/loads/plain.lua %s"):format(
      contenders.MTRLUA, words))
    assert(values, why)
    values.peak = values.rss_kib * 1024 -- run.lua gives this name to a rate
    return values
  end
end

---@param report perf.Report
return function(report)
  reports.say("\nPlain programs over a simulated internet, of a campaign that does the same")
  for i, way in ipairs(WAYS) do
    check(report, "plain_sim", way, i == 1 and ROUNDS or 1, in_sim("hops"))
  end
  reports.say("     the same without a look at the hops:")
  check(report, "plain_sim_few", WAYS[1], ROUNDS, in_sim("few"))
  reports.say("\nPlain programs over the load lab, transport packet")
  load.fast({}, function(net)
    check(report, "plain_packet", WAYS[1], load_kit.PAIRS, in_lab(net))
  end)
end
