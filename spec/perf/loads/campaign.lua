-- SPDX-License-Identifier: MIT
--
-- Measures what a campaign costs: TARGETS destinations are streamed through mtr.campaign, with at
-- most WINDOW traces at a time and a callback for each trace, with hooks and reporters or without.
-- It prints one line of key=value.
--
--   mtrlua spec/perf/loads/campaign.lua [targets=8000] [window=1000] [rate=max] [transport=auto]
--     [from=] [ttls=8] [protocol=icmp] [timeout=2s] [on_trace=on] [on_hop=off] [jsonl=off]
--     [max_probes=65536] [sim=0]
--
-- from: "many", the destinations of lab topology `many TTLS`, round and round; a prefix, from its
-- first address on; or a file with one target per line. jsonl: "off" or the file to write.
-- sim: not 0: instead of all that, the targets of a simulated internet of so many prefixes, whose
-- own cost is told with the engine's.
-- ttls is max_ttl, gap_limit and window of each trace; 0 leaves these at their defaults.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local topo = require "spec.lab.topo"

local opts = measure.options({ ... }, {
  targets = 8000, window = 1000, rate = "max", transport = "auto", from = "", ttls = 8,
  protocol = "icmp", timeout = "2s", on_trace = "on", on_hop = "off", jsonl = "off",
  max_probes = 65536, sim = 0,
})

local function many()
  local plan = assert(topo.plan("many", { opts.ttls }))
  local i = 0
  return function()
    i = i % plan.targets + 1
    return plan.target(i)
  end
end

if opts.sim == 0 and opts.from == "" then
  error("campaign: give sim=N; or, within a lab that its probes cannot leave, from=many", 0)
end

local sim = opts.sim > 0 and mtr.sim.internet({ prefixes = opts.sim }) or nil

local function source()
  if sim then
    return sim:targets()
  elseif opts.from == "many" then
    return many()
  elseif opts.from:find("/%d+$") then
    return mtr.targets.cidr(opts.from)
  end
  return assert(mtr.targets.file(opts.from))
end

-- The first TARGETS of them; what can be cut short itself is not wrapped.
local function first(n, iterate)
  if type(iterate) == "table" and iterate.left then
    iterate.left = math.min(iterate.left, n)
    return iterate
  end
  local i = 0
  return function()
    i = i + 1
    return i <= n and iterate() or nil
  end
end

local engine = assert(mtr.engine({
  rate = opts.rate, transport = sim and "sim" or opts.transport, max_probes = opts.max_probes,
  sim = sim,
}))
local traces, hops, answered = 0, 0, 0

local function on_trace(result)
  if result.hop_count > 0 then
    traces = traces + 1
  end
end

local function on_hop(_, hop)
  hops = hops + 1
  if hop.addr then
    answered = answered + 1
  end
end

local depth = opts.ttls > 0 and opts.ttls or nil
local campaign = mtr.campaign({
  engine = engine, targets = first(opts.targets, source()), window = opts.window,
  trace = {
    protocol = opts.protocol, timeout = opts.timeout, max_ttl = depth, gap_limit = depth,
    window = depth, on_hop = opts.on_hop == "on" and on_hop or nil,
  },
  on_trace = opts.on_trace == "on" and on_trace or nil,
  reporters = { opts.jsonl ~= "off" and mtr.report.jsonl(opts.jsonl) or nil },
})

collectgarbage()
local rss, start = measure.rss(), measure.now()
local user, sys = measure.cpu()
local summary = assert(campaign:run())
local user_after, sys_after = measure.cpu()
local seconds, stats = measure.now() - start, engine:stats()

local line = {
  targets = summary.targets, traces = summary.traces, failed = summary.failed,
  completed = summary.stop_reasons.completed or 0, probes = summary.probes, hops = summary.hops,
  hook_hops = hops, answered = answered, seconds = ("%.3f"):format(seconds),
  user = ("%.3f"):format(user_after - user), sys = ("%.3f"):format(sys_after - sys),
  slabs = stats.memory, rss_before = rss, rss_after = measure.rss(), rss_peak = measure.peak(),
  lua = math.floor(collectgarbage("count") * 1024), steps = stats.steps,
  timeouts = stats.timeouts, kernel_drops = stats.kernel_drops, unmatched = stats.unmatched,
  probes_per_second = ("%.0f"):format(summary.probes / seconds),
  user_us_per_probe = ("%.4f"):format((user_after - user) / summary.probes * 1e6),
  us_per_probe = ("%.4f"):format(
    (user_after - user + sys_after - sys) / summary.probes * 1e6),
}
engine:close()
measure.print(line, {
  "targets", "traces", "failed", "completed", "probes", "hops", "hook_hops", "answered", "seconds",
  "user", "sys", "us_per_probe", "user_us_per_probe", "probes_per_second", "slabs", "rss_before",
  "rss_after", "rss_peak", "lua", "steps", "timeouts", "kernel_drops", "unmatched",
})
