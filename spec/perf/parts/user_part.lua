-- SPDX-License-Identifier: MIT
--
-- The bench's part for those without any privilege: the transport user through a chain of kernel
-- routers, each hop checked, in comparison with raw in the same network.

local contenders = require "spec.perf.kit.contenders"
local load_kit = require "spec.perf.kit.load_kit"
local lab = require "spec.lab.lab"
local reports = require "spec.perf.kit.report"

local TTLS, PAIRS, ROUNDS = 8, 5, 3
local MOST_RATIO = 3

-- The loads: protocol, traces at once, and the most that a probe may cost in comparison with raw.
-- Of TCP each probe is a socket of its own, so it is told and not bounded.
local LOADS = {
  { protocol = "icmp", traces = 1000, most = MOST_RATIO },
  { protocol = "udp", traces = 1000, most = MOST_RATIO },
  { protocol = "tcp", traces = 200 },
}

local function sum(list, ...)
  local total = 0
  for _, values in ipairs(list) do
    for _, key in ipairs { ... } do total = total + values[key] end
  end
  return total
end

local function check(report, l, load)
  local task = { traces = load.traces, rounds = ROUNDS, ttls = TTLS, protocol = load.protocol }
  local runs, ratios = { raw = {}, user = {} }, {}
  for i = 1, PAIRS do
    for _, transport in ipairs { "raw", "user" } do
      runs[transport][i] = contenders.engine(l, load_kit.with(task, { transport = transport }))
    end
    ratios[i] = runs.user[i].us_per_probe / runs.raw[i].us_per_probe
  end
  local traces = PAIRS * ROUNDS * load.traces
  local function figure(name, text, value, target)
    report:add { name = ("user_%s_%s"):format(load.protocol, name), text = text, value = value,
      most = target, least = target, digits = 0 }
  end
  reports.say(("\n%d concurrent traces by %s over %d hops, %d times"):format(load.traces,
    load.protocol, TTLS, PAIRS * ROUNDS))
  figure("right", "hops right, by the lab's own account", sum(runs.user, "right"), traces * TTLS)
  figure("wrong", "hops that are not", sum(runs.user, "wrong"), 0)
  figure("completed", "traces completed", sum(runs.user, "completed"), traces)
  figure("lost", "probes lost: timed out, refused, unmatched",
    sum(runs.user, "timeouts", "send_errors", "unmatched", "malformed", "kernel_drops"), 0)
  for _, transport in ipairs { "raw", "user" } do
    report:add_median({ name = ("user_%s_%s_us"):format(load.protocol, transport), unit = "us",
      text = "CPU time per probe, " .. transport },
      load_kit.map(PAIRS, function(i) return runs[transport][i].us_per_probe end))
  end
  report:add_median({ name = ("user_%s_ratio"):format(load.protocol), text = "user / raw",
    most = load.most }, ratios)
end

---@param report perf.Report
return function(report)
  local l = assert(lab.up("many", { TTLS }))
  assert(select(2, l:exec "echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range") == 0)
  for _, load in ipairs(LOADS) do check(report, l, load) end
  l:down()
end
