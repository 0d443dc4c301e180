-- SPDX-License-Identifier: MIT
--
-- `make bench`: measures what the engine costs, in comparison with a bare loop that moves the same
-- packets, with its own limits and with other tracers. It prints a report, writes build/bench.json,
-- and ends with status 1 if a target is missed. bench.sh runs it, from the top directory, with the
-- right to make a lab.
--
--   luajit spec/perf/bench.lua [chain] [sim] [plain] [outputs] [targets] [speed] [mixed]
--     [programmed] [peers] [few] [rtt] [served] [strategies] [resume] [hosts] [nginx] [lua]
--     [live] [html] [fleet] [attach]
--
-- Without arguments it runs all parts. A part that is neither here nor in a file *_part.lua is in
-- load.lua.
--
-- The contenders run in turns, so that other work of the machine disturbs all of them alike.
-- Figures are medians; a ratio compares runs that followed each other. On a chain of veth pairs the
-- kernel forwards on the sender's CPU and charges that time to the sender: this is the same for
-- every contender.

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
parts.outputs = require "spec.perf.parts.outputs_part"
parts.html = require "spec.perf.parts.html_part"
parts.served = require "spec.perf.parts.served"
parts.strategies = require "spec.perf.parts.strategies_part"
parts.resume = require "spec.perf.parts.resume_part"
parts.targets = require "spec.perf.parts.targets_part"
parts.nginx = require "spec.perf.parts.nginx_part"
parts.lua = require "spec.perf.parts.lua_part"
parts.plain = require "spec.perf.parts.plain_part"
parts.user = require "spec.perf.parts.user_part"
parts.safe = require "spec.perf.parts.safe_part"
parts.hosts = require "spec.perf.parts.hosts_part"
parts.names = require "spec.perf.parts.names_part"
parts.live = require "spec.perf.parts.live_part"
parts.fleet = require "spec.perf.parts.fleet_part"
parts.attach = require "spec.perf.parts.attach_part"

local words = #arg > 0 and arg or { "chain", "sim", "plain", "outputs", "targets", "speed",
  "mixed", "programmed", "peers", "few", "rtt", "served", "strategies", "resume", "hosts",
  "nginx", "lua", "live", "html", "fleet", "attach" }
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
