-- SPDX-License-Identifier: MIT
--
-- The bench's part about scripts/scamper.lua as a server: sc_attach traces the same addresses of
-- the fake internet through it and through scamper, at the same rate. What is compared is the CPU
-- time of the servers, and what they have found.

local contenders = require "spec.perf.kit.contenders"
local load = require "spec.perf.parts.load"
local reports = require "spec.perf.kit.report"
local load_runs = require "spec.perf.kit.load_runs"

local N, RATE, RUNS = 10000, contenders.SCAMPER_RATE, 3
local MOST_RATIO, LEAST_HOPS = 0.5, 0.99
local OUT, SOCKET = "build/perf/attach.warts", "build/perf/attach.sock"
local SERVERS = {
  ours = contenders.MTRLUA .. " --transport raw scripts/scamper.lua -U %s -p %d -w %d",
  scamper = "scamper -U %s -p %d -w %d",
}

-- How many traces and hops are in the file.
local function count()
  local pipe, traces, hops = io.popen("sc_warts2json " .. OUT), 0, 0
  for line in pipe:lines() do
    if line:find '"type":"trace"' then
      traces = traces + 1
      hops = hops + select(2, line:gsub('"probe_ttl"', ""))
    end
  end
  pipe:close()
  return traces, hops
end

local function once(net, list, server)
  local out, status = net:exec(("timeout 150 sh spec/perf/loads/attach.sh %s %s %s %s"):format(
    SOCKET, list, OUT, SERVERS[server]:format(SOCKET, RATE, N)))
  if status ~= 0 then error("bench: attach.sh: " .. out, 0) end
  local traces, hops = count()
  return { cpu = tonumber(out:match "cpu=([%d.]+)"), traces = traces, hops = hops }
end

---@param report perf.Report
return function(report)
  reports.say(("\nscamper's control protocol: %d traces of sc_attach, %d probes/s"):format(N, RATE))
  for _, peer in ipairs { "sc_attach", "scamper" } do
    if not contenders.installed(peer) then
      return reports.say(("     %s is not installed: skipped"):format(peer))
    end
  end
  load.fast({}, function(net)
    local list = load_runs.targets(net, N)
    local ratio, found, ours, theirs, traces = {}, {}, {}, {}, 0
    for i = 1, RUNS do
      local one, other = once(net, list, "ours"), once(net, list, "scamper")
      ours[i], theirs[i] = one.cpu * 1e6 / N, other.cpu * 1e6 / N
      ratio[i], found[i] = one.cpu / other.cpu, one.hops / other.hops
      traces = traces + one.traces
    end
    report:add { name = "attach_traces", text = "records of traces", value = traces,
      least = RUNS * N, most = RUNS * N, digits = 0 }
    report:add_median({ name = "attach_us", text = "our CPU per trace", unit = "us", digits = 0 },
      ours)
    report:add_median({ name = "attach_scamper_us", text = "scamper's CPU per trace", unit = "us",
      digits = 0 }, theirs)
    report:add_median({ name = "attach_ratio", text = "CPU, ours / scamper's", most = MOST_RATIO },
      ratio)
    report:add_median({ name = "attach_hops", text = "hops found, ours / scamper's",
      least = LEAST_HOPS, digits = 3 }, found)
  end)
end
