-- SPDX-License-Identifier: MIT
--
-- The engine's side of the bench: it sends the same traffic as bare.c, in the way of a user: a
-- script starts TRACES traces at once and checks each hop in on_hop against the path that the lab
-- knows. It prints one line of key=value: the cost, and what the kernel and the engine counted.
--
--   mtrlua spec/perf/loads/hops.lua [traces=1000] [rounds=10] [warm=1] [ttls=8]
--     [rate=max] [hook=on|off]
--     [transport=auto] [protocol=icmp]
--
-- It runs inside the prober of lab topology `many TTLS`. The first `warm` rounds are not measured.
-- max_ttl is the length of the path and gap_limit no less, so that a trace sends TTL 1 to TTLS at
-- once and not a packet more; the counters tell if that should ever change.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local topo = require "spec.lab.topo"

local opts = measure.options({ ... }, {
  traces = 1000, rounds = 10, warm = 1, ttls = 8, rate = "max", hook = "on",
  transport = "auto", protocol = "icmp",
})
local plan = assert(topo.plan("many", { opts.ttls }))
local truth = {}
for ttl, addrs in ipairs(plan.truth.v4) do
  truth[ttl] = addrs[1]
end
truth[opts.ttls] = nil -- the destination: each trace's own

local engine = assert(mtr.engine({ transport = opts.transport, rate = opts.rate }))
local right, wrong, completed, failed, next_target = 0, 0, 0, 0, 0

local function on_hop(trace, hop)
  if hop.addr == (truth[hop.ttl] or trace.target) then
    right = right + 1
  else
    wrong = wrong + 1
  end
end

local function on_done(err)
  if err then
    failed = failed + 1
  else
    completed = completed + 1
  end
end

local trace_opts = {
  protocol = opts.protocol, max_ttl = opts.ttls, gap_limit = opts.ttls, window = opts.ttls,
  on_hop = opts.hook == "on" and on_hop or nil,
}

local function round()
  for _ = 1, opts.traces do
    next_target = next_target % plan.targets + 1
    local target = plan.target(next_target)
    assert(engine:trace(target, trace_opts, on_done))
  end
  engine:run()
end

for _ = 1, opts.warm do
  round()
end
right, wrong, completed, failed = 0, 0, 0, 0
collectgarbage()
local before, rss, out, into = engine:stats(), measure.rss(), measure.icmp()
local heap, user, sys = measure.allocations(), measure.cpu()
for _ = 1, opts.rounds do
  round()
end
local user_after, sys_after = measure.cpu()
collectgarbage()
local heap_after, out_after, into_after = measure.allocations(), measure.icmp()
local stats = engine:stats()

local line = {
  traces = opts.traces * opts.rounds, completed = completed, failed = failed,
  right = right, wrong = wrong,
  kernel_sent = out_after - out, kernel_received = into_after - into,
  slabs = stats.memory, slab_growth = stats.memory - before.memory,
  rss = rss, rss_growth = measure.rss() - rss,
  heap = heap and heap_after.heap - heap.heap, maps = heap and heap_after.maps - heap.maps,
  user = user_after - user, sys = sys_after - sys,
}
local keys = { "traces", "completed", "failed", "right", "wrong", "kernel_sent", "kernel_received" }
for _, name in ipairs({
  "probes_sent", "replies", "kernel_drops", "send_errors", "send_retries", "unmatched", "orphans",
  "malformed", "duplicates", "late", "timeouts", "user_times", "steps", "events",
}) do
  line[name] = stats[name] - before[name]
  keys[#keys + 1] = name
end
line.us_per_probe = ("%.4f"):format((line.user + line.sys) / line.probes_sent * 1e6)
engine:close()

for _, name in ipairs({
  "slabs", "slab_growth", "rss", "rss_growth", "heap", "maps", "user", "sys", "us_per_probe",
}) do
  keys[#keys + 1] = name
end
measure.print(line, keys)
