-- SPDX-License-Identifier: MIT
--
-- The load bench's part about other tracers.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local reports = require "spec.perf.kit.report"
local load_runs = require "spec.perf.kit.load_runs"

local N, RATE = 65536, 300000
local OUT = "build/perf/load.out"
local add = load_kit.add

-- How many targets each gets, and what it does.
local PEERS = {
  { "scamper", 3000, "hop by hop, 10,000/s" }, { "zmap", 1048576, "one echo request each" },
  { "masscan", 1048576, "one echo request each" }, { "traceroute", 100, "a process per target" },
  { "mtr-packet", 100000, "1,000 commands at once" },
}

---@param report perf.Report
---@param net fakenet.Net
return function(report, net)
  local mini = load_runs.mini(net, "pktmm ring", { n = N, rate = RATE })
  for _, peer in ipairs(PEERS) do
    local name, n, what = unpack(peer)
    local ran, values = pcall(load_runs.peers[name], net, n)
    if not contenders.installed(name) then
      reports.say(("     %s is not installed: skipped"):format(name))
    elseif not ran or not values then
      reports.say(("     %s does not run here: %s"):format(name, tostring(values)))
    else
      add(report, "us", name, nil, { text = ("%s (%s), CPU per probe"):format(name, what),
        unit = "us" }, { values.us_per_packet })
      add(report, "ratio", name, nil, { text = "/ mini, pktmm ring", digits = 1 },
        { values.us_per_packet / mini.us_per_packet })
      add(report, "rate", name, nil, { text = "probes/s, mean", digits = 0 }, { values.rate })
      add(report, "peak", name, nil, { text = "probes/s, the best half second", digits = 0 },
        { values.peak })
      add(report, "memory", name, nil, { text = "peak memory of a process", unit = "MiB",
        digits = 1 }, { values.rss_kib / 1024 })
    end
  end
  if contenders.installed("scamper") then
    load_runs.peers.scamper(net, 3000, OUT)
    add(report, "completeness", "scamper", nil, { text = "scamper: hops found", unit = "%",
      digits = 3 }, { load_runs.score(net, OUT, 3000).completeness * 100 })
  end
end
