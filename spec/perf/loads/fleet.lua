-- SPDX-License-Identifier: MIT
--
-- Traces targets of a simulated internet: all of a list by a plain campaign, or as a worker of a
-- fleet. It prints one line of key=value: probes, traces, us_per_probe (processor time), peak (the
-- most memory that was ever resident), seconds.
--
--   mtrlua spec/perf/loads/fleet.lua way=plain|work targets=N [list=FILE] [url=URL] [name=NAME]

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, { way = "plain", targets = 1000000, list = "", url = "",
  name = "vp" })

mtr.configure { sim = mtr.sim.internet { prefixes = opts.targets, dead = 0 }, rate = "max" }
local engine = assert(mtr.default())
local user, system = measure.cpu()
local start = measure.now()
local traces
if opts.way == "plain" then
  local seen = 0
  local c = mtr.campaign { targets = assert(mtr.targets.file(opts.list)), window = 1000,
    on_trace = function(result) seen = seen + result.hop_count end }
  traces = assert(c:run()).traces
else
  local fleet = assert(mtr.fleet.open { redis = opts.url })
  traces = assert(fleet:work { name = opts.name, once = true }).done_targets
  fleet:close()
end
local user2, system2 = measure.cpu()
local cpu = user2 - user + system2 - system
local probes = engine:stats().probes_sent
measure.print({ probes = probes, traces = traces, cpu = ("%.3f"):format(cpu),
  us_per_probe = ("%.4f"):format(cpu / probes * 1e6), peak = measure.peak(),
  seconds = ("%.3f"):format(measure.now() - start) },
  { "probes", "traces", "cpu", "us_per_probe", "peak", "seconds" })
