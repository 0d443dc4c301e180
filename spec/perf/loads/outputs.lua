-- SPDX-License-Identifier: MIT
--
-- A campaign over a simulated internet that writes its results in one format, or in none: what the
-- format costs is the difference. The results of each trace are kept by the engine in both cases.
--
--   mtrlua spec/perf/loads/outputs.lua [output=none] [targets=1000000] [seed=1] [window=1000]
--     [file=/dev/null] [state=]
--
-- output is a word of mtr.report.formats(). With a state the campaign can be resumed: it waits for
-- the disk once a second of virtual time, about once in 700 targets.
--
-- It prints one line of key=value; us_per_probe is processor time, and peak the most that was ever
-- resident.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, {
  output = "none", targets = 1000000, seed = 1, window = 1000, file = "/dev/null",
  state = "",
})

local net = mtr.sim.internet({ seed = opts.seed, prefixes = opts.targets })
local engine = assert(mtr.engine({ sim = net, rate = "max", seed = opts.seed }))
local reporters, on_trace = {}, nil
if opts.output == "none" then
  on_trace = function() end
else
  reporters[1] = mtr.report.any(opts.output, opts.file)
end

local function cpu_now()
  local user, sys = measure.cpu()
  return user + sys
end

local start = cpu_now()
local summary = assert(mtr.campaign({
  engine = engine, targets = net:targets(), window = opts.window, reporters = reporters,
  on_trace = on_trace, state = opts.state ~= "" and opts.state or nil,
}):run())
local cpu = cpu_now() - start

measure.print({
  traces = summary.traces, probes = summary.probes, cpu = cpu,
  us_per_probe = cpu / summary.probes * 1e6, peak = measure.peak(),
}, { "traces", "probes", "cpu", "us_per_probe", "peak" })
engine:close()
