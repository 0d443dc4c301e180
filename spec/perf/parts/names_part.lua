-- SPDX-License-Identifier: MIT
--
-- The bench's part about names: what they cost a campaign in which each router repeats, how long
-- many lookups take that a server answers after 50 ms, or never, and that real probes are neither
-- later nor slower by them. See loads/names.lua and loads/names_late.lua.

local contenders = require "spec.perf.kit.contenders"
local lab = require "spec.lab.lab"
local name_server = require "spec.support.real.name_server"
local reports = require "spec.perf.kit.report"
local run = require "spec.support.harness.run"

local ROUNDS, TARGETS, MANY, DELAY = 5, 200000, 1000, 50
local MOST_US, MOST_S, TIMEOUT = 0.1, 1, 2000
local PAIRS, MOST_LATER_US, MOST_LONGER = 5, 5, 1.03

local function names(options) return contenders.script("names", options) end

-- Real probes: the round trips and the time of a campaign through kernel routers.
---@param report perf.Report
local function real(report)
  reports.say("\nNames of 500 targets and 7 routers, on a path of kernel routers at 1,000 probes/s")
  local l = assert(lab.up("many", { "8" }))
  local function campaign(names_option)
    return contenders.numbers(l:exec(("%s spec/perf/loads/names_late.lua names=%s"):format(
      contenders.MTRLUA, names_option)))
  end
  local later, longer = {}, {}
  for i = 1, PAIRS do
    local off, on = campaign "off", campaign "on"
    assert(off.answered == on.answered and on.asked >= 500, "bench: probes or questions were lost")
    later[i], longer[i] = on.rtt_us - off.rtt_us, on.seconds / off.seconds
  end
  l:down()
  report:add_median({ name = "names_rtt", unit = "us", most = MOST_LATER_US, digits = 1,
    text = "median round trip with names, above that without" }, later)
  report:add_median({ name = "names_time", most = MOST_LONGER, digits = 3,
    text = "time of the campaign with names, of that without" }, longer)
end

---@param report perf.Report
return function(report)
  reports.say("\nNames and origins in a campaign of 200,000 targets behind the same 12 routers")
  local more, later = {}, {}
  for i = 1, ROUNDS do
    local off = names { way = "off", targets = TARGETS }
    local on = names { way = "on", targets = TARGETS }
    assert(off.completed == TARGETS and on.completed == TARGETS, "bench: traces were lost")
    more[i] = on.us_per_probe - off.us_per_probe
    later[i] = on.span / off.span
  end
  report:add_median({ name = "names_cpu", unit = "us", most = MOST_US, digits = 3,
    text = "more CPU per probe with names and origins" }, more)
  report:add_median({ name = "names_span", most = 1, least = 1, digits = 4,
    text = "time of the campaign, of that without" }, later)

  reports.say("\nA name server that answers after 50 ms, 1,000 questions at once")
  local server = name_server.start("--delay " .. DELAY)
  for _, way in ipairs { "campaign", "lookup", "reverse" } do
    local seconds = {}
    for i = 1, ROUNDS do
      local got = names { way = way, targets = MANY, server = server.address, timeout = 20000 }
      assert(not got.completed or got.completed == MANY, "bench: traces were lost")
      seconds[i] = got.seconds
    end
    report:add_median({ name = "names_" .. way, unit = "s", most = MOST_S,
      text = way .. ": time for all" }, seconds)
  end
  local silent = names { way = "first", targets = MANY, server = server.address,
    timeout = TIMEOUT }
  report:add { name = "names_first", unit = "s", value = silent.seconds,
    most = TIMEOUT / 1000 + 0.1, text = "first result from a server that never answers" }
  server:stop()
  real(report)
  run.clean()
end
