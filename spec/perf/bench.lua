-- SPDX-License-Identifier: MIT
--
-- `make bench`: what the engine costs, against a bare loop that moves the same packets, against its
-- own limits, and beside other tracers. Prints a report, writes build/bench.json, and ends with
-- status 1 if a target is missed. Run by bench.sh, from the top, with the right to make a lab.
--
--   luajit spec/perf/bench.lua [chain] [sim] [speed] [mixed] [programmed] [peers] [few] [rtt]
--     [served] [strategies]
--
-- Without words: all parts. Those that are not here or in a file *_part.lua are load.lua's.
--
-- Everything is run in turns, so that what else the machine does meets all alike, and told as
-- medians; ratios are made of runs that were neighbours. On a veth chain the kernel's forwarding
-- runs on the sender's CPU and is charged to the sender: the same for every contender.

local load = require "spec.perf.parts.load"
local measure = require "spec.perf.kit.measure"
local reports = require "spec.perf.kit.report"

local report = reports.new()

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("*l")
  file:close()
  return text
end

local machine = {
  kernel = read("/proc/sys/kernel/osrelease"), load = read("/proc/loadavg"):match("^%S+"),
  date = os.date("!%Y-%m-%dT%H:%M:%SZ"),
}
reports.say(("mtrlua bench, Linux %s, load %s, %s"):format(machine.kernel, machine.load,
  machine.date))
local start = measure.now()

local parts = load.parts
parts.chain = require "spec.perf.parts.chain_part"
parts.sim = require "spec.perf.parts.sim_part"
parts.served = require "spec.perf.parts.served"
parts.strategies = require "spec.perf.parts.strategies_part"

local words = #arg > 0 and arg or { "chain", "sim", "speed", "mixed", "programmed", "peers", "few",
  "rtt", "served", "strategies" }
local ok, problem = xpcall(function()
  for _, word in ipairs(words) do
    local before = measure.now()
    assert(parts[word], "bench: there is no part " .. word)(report)
    reports.say(("     (%s took %.0f s)"):format(word, measure.now() - before))
  end
end, function(err)
  return type(err) == "string" and err:find("^bench:") and err or debug.traceback(err)
end)
if not ok then
  io.stderr:write(problem, "\n")
  os.exit(1)
end
report:write("build/bench.json", machine)
reports.say(("\n%d targets missed; %.0f s; figures in build/bench.json"):format(report.missed,
  measure.now() - start))
os.exit(report.missed == 0)
