-- SPDX-License-Identifier: MIT
--
-- The bench's part about scripts/live.lua: four targets of eight hops, ten rounds a second, on a
-- terminal. Its CPU time is compared with that of four mtr(8) that show the same; both include what
-- the kernel needs to forward the probes through the lab.

local contenders = require "spec.perf.kit.contenders"
local lab = require "spec.lab.lab"
local reports = require "spec.perf.kit.report"

local SECONDS, RUNS, MOST_SHARE, MOST_RATIO = 10, 3, 0.03, 1
local TARGETS = { "10.200.0.1", "10.200.0.2", "10.200.0.3", "10.200.0.4" }
local LOAD = "sh spec/perf/loads/live.sh %d %s"

local function share(l, command)
  local out = l:exec(LOAD:format(SECONDS, command))
  return tonumber(out:match "cpu=([%d.]+)") or error("bench: live.sh: " .. out, 0)
end

---@param report perf.Report
return function(report)
  reports.say("\nlive: four targets of eight hops, ten rounds a second, on a terminal")
  local l = assert(lab.up("many", { 8 }))
  local ok, problem = pcall(function()
    local ours, ratio = {}, {}
    local peer = contenders.installed "mtr"
    for i = 1, RUNS do
      ours[i] = share(l, contenders.MTRLUA .. " scripts/live.lua -n -i 0.1 "
        .. table.concat(TARGETS, " "))
      if peer then
        ratio[i] = ours[i] / (4 * share(l, "mtr -n -i 0.1 " .. TARGETS[1]))
      end
    end
    report:add_median({ name = "live_share", text = "share of a core", digits = 4,
      most = MOST_SHARE }, ours)
    if peer then
      report:add_median({ name = "live_ratio", text = "CPU, ours / four mtr", most = MOST_RATIO },
        ratio)
    end
  end)
  l:down()
  if not ok then error(problem, 0) end
end
