-- SPDX-License-Identifier: MIT
--
-- Traces over a simulated internet whose routers are computed by a hash, with a callback for each
-- trace, as fast as one core goes. It shows what the engine itself costs: packets are built,
-- quoted, parsed and matched, without a kernel between.
--
--   mtrlua spec/perf/loads/sim.lua [targets=1000000] [prefixes=1000000] [flight=1000] [seed=1]
--     [hook=off]
--     [warm=5000] [parts=1]
--
-- `flight` traces are under way at once; the first `warm`, beside the targets, are not measured.
-- With several parts the targets come in as many, and after each of them a process of its own
-- traces so few: part_cpu is the mean of what these take, in the same minute.
-- It prints one line of key=value; us_per_probe is processor time, and peak the most that was ever
-- resident.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local flight = require "spec.perf.kit.flight"

local opts = measure.options({ ... }, {
  targets = 1000000, prefixes = 1000000, flight = 1000, seed = 1, hook = "off",
  warm = 5000, parts = 1,
})

local prefixes = math.max(opts.prefixes, opts.targets + opts.warm)
local net = mtr.sim.internet({ seed = opts.seed, prefixes = prefixes })
local engine = assert(mtr.engine({ sim = net, rate = "max" }))
local hops = 0
local fly = flight(engine, opts.flight, net:targets(), opts.hook == "on" and {
  on_hop = function()
    hops = hops + 1
  end,
} or nil)

local function cpu_now()
  local user, sys = measure.cpu()
  return user + sys
end

-- What a part takes by itself.
local function alone(n)
  local pipe = assert(io.popen(("/proc/%s/exe %s targets=%d prefixes=%d flight=%d seed=%d"):format(
    io.open("/proc/self/stat"):read("*n"), arg[0], n, opts.prefixes, opts.flight, opts.seed)))
  local cpu = tonumber(pipe:read("*a"):match(" cpu=(%S+)"))
  pipe:close()
  return assert(cpu, "sim: the part alone has failed")
end

fly(opts.warm)
local before = engine:stats()
local wall = measure.now()
local cpu, others, ended = 0, 0, nil
for _ = 1, opts.parts do
  local start = cpu_now()
  ended = fly(opts.targets / opts.parts)
  cpu = cpu + cpu_now() - start
  if opts.parts > 1 then
    others = others + alone(opts.targets / opts.parts)
  end
end
local stats = engine:stats()
local probes = stats.probes_sent - before.probes_sent

measure.print({
  traces = ended - opts.warm, probes = probes, replies = stats.replies - before.replies,
  hops = hops, cpu = cpu, wall = measure.now() - wall, us_per_probe = cpu / probes * 1e6,
  probes_per_second = probes / cpu, steps = stats.steps, slabs = stats.memory,
  peak = measure.peak(), unmatched = stats.unmatched, malformed = stats.malformed,
  dropped = stats.kernel_drops, part_cpu = opts.parts > 1 and others / opts.parts or nil,
}, { "traces", "probes", "replies", "hops", "cpu", "wall", "us_per_probe", "probes_per_second",
  "steps", "slabs", "peak", "unmatched", "malformed", "dropped", "part_cpu" })
engine:close()
