-- SPDX-License-Identifier: MIT
--
-- Traces the same targets in the ways that users write it, and looks at the same members of each
-- result: by a campaign, by a plain loop over engine:trace with a callback, by tasks that wait for
-- mtr.trace, and by tasks that iterate over mtr.hops.
--
--   mtrlua spec/perf/loads/plain.lua [way=plain] [targets=60000] [flight=1000] [from=FILE]
--     [transport=sim] [rate=max] [seed=1] [timeout=2000] [window=8] [attempts=2] [gap_limit=5]
--
-- Ways: campaign, plain, tasks, hops. `flight` traces are under way at once. Without `from` the
-- targets are those of a simulated internet. It prints one line of key=value; sum is of all that
-- was looked at, so that two ways can be compared; us_per_probe is processor time, and peak the
-- most that was ever resident.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local given = measure.options({ ... }, {
  way = "plain", targets = 60000, flight = 1000, from = "", transport = "sim", rate = "max",
  look = "hops", seed = 1, timeout = 2000, window = 8, attempts = 2, gap_limit = 5,
})

local net = given.from == "" and mtr.sim.internet({ seed = given.seed, prefixes = given.targets })
  or nil
local transport = given.transport
mtr.configure({
  sim = net, transport = transport, rate = given.rate, max_traces = given.flight,
  max_probes = math.min(524288, math.max(131072, 2 * given.flight * given.window)),
})
local engine = assert(mtr.default())
local opts = {
  timeout = given.timeout, window = given.window, attempts = given.attempts,
  gap_limit = given.gap_limit, max_ttl = 30,
}

local function source()
  return net and net:targets() or io.lines(given.from)
end

local traces, failed, completed, hops, answered, rtts = 0, 0, 0, 0, 0, 0

local function see(hop)
  if hop.addr then
    answered = answered + 1
    rtts = rtts + hop.rtt
  end
end

local function look(result)
  traces = traces + 1
  hops = hops + result.hop_count
  if result.stop_reason == "completed" then completed = completed + 1 end
  if given.look == "hops" then
    for _, hop in ipairs(result.hops) do see(hop) end
  end
end

local ways = {}

function ways.campaign()
  local c = mtr.campaign({
    targets = given.from ~= "" and mtr.targets.file(given.from) or source(),
    window = given.flight, trace = opts, on_trace = look,
    on_error = function() failed = failed + 1 end,
  })
  assert(c:run())
end

function ways.plain()
  local slots = mtr.semaphore(given.flight)
  for target in source() do
    slots:acquire()
    engine:trace(target, opts, function(err, result)
      slots:release()
      if err then
        failed = failed + 1
      else
        look(result)
      end
    end)
  end
  mtr.run()
end

-- Traces by one task for each place of the flight.
local function by_tasks(trace)
  local next_target = source()
  for _ = 1, given.flight do
    mtr.go(function()
      for target in next_target do trace(target) end
    end)
  end
  mtr.run()
end

function ways.tasks()
  by_tasks(function(target)
    local result = mtr.trace(target, opts)
    if result then look(result) else failed = failed + 1 end
  end)
end

function ways.hops()
  by_tasks(function(target)
    local it = mtr.hops(target, opts)
    for hop in it do see(hop) end
    traces = traces + 1
    hops = hops + it.result.hop_count
    if it.result.stop_reason == "completed" then completed = completed + 1 end
  end)
end

local user, sys = measure.cpu()
local wall = measure.now()
ways[given.way]()
wall = measure.now() - wall
local user_end, sys_end = measure.cpu()
local stats = engine:stats()
local cpu = user_end - user + sys_end - sys

measure.print({
  traces = traces, failed = failed, completed = completed, hops = hops, answered = answered,
  rtts = ("%.0f"):format(rtts), probes = stats.probes_sent, cpu = cpu, wall = wall,
  us_per_probe = cpu / stats.probes_sent * 1e6, us_per_trace = cpu / traces * 1e6,
  peak = measure.peak(), slabs = stats.memory, steps = stats.steps,
  lua = math.floor(collectgarbage("count") * 1024), unmatched = stats.unmatched,
  dropped = stats.kernel_drops,
}, { "traces", "failed", "completed", "hops", "answered", "rtts", "probes", "cpu", "wall",
  "us_per_probe", "us_per_trace", "peak", "slabs", "steps", "lua", "unmatched", "dropped" })
engine:close()
