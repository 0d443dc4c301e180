-- Traces over an internet of hashes, a callback for each, as fast as one core goes: what the engine
-- itself costs, with packets built, quoted, parsed and matched, and no kernel in between.
--
--   mtrlua spec/perf/sim.lua [targets=1000000] [prefixes=1000000] [flight=1000] [seed=1] [hook=off]
--     [warm=5000]
--
-- `flight` traces are under way at once; the first `warm`, beside the targets, are not measured.
-- It prints one line of key=value; us_per_probe is processor time, and peak the most that was ever
-- resident.
-- SPDX-License-Identifier: MIT

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require("mtr")
local measure = require("spec.perf.measure")
local flight = require("spec.perf.flight")

local opts = measure.options({ ... }, {
  targets = 1000000, prefixes = 1000000, flight = 1000, seed = 1, hook = "off",
  warm = 5000,
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

fly(opts.warm)
local before = engine:stats()
local wall = measure.now()
local user, sys = measure.cpu()
local ended = fly(opts.targets) - opts.warm
local user_end, sys_end = measure.cpu()
local stats = engine:stats()
local cpu = user_end - user + sys_end - sys
local probes = stats.probes_sent - before.probes_sent

measure.print({
  traces = ended, probes = probes, replies = stats.replies - before.replies, hops = hops, cpu = cpu,
  wall = measure.now() - wall, us_per_probe = cpu / probes * 1e6,
  probes_per_second = probes / cpu, steps = stats.steps, slabs = stats.memory,
  peak = measure.peak(), unmatched = stats.unmatched, malformed = stats.malformed,
  dropped = stats.kernel_drops,
}, { "traces", "probes", "replies", "hops", "cpu", "wall", "us_per_probe", "probes_per_second",
  "steps", "slabs", "peak", "unmatched", "malformed", "dropped" })
engine:close()
