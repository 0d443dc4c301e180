-- SPDX-License-Identifier: MIT
--
-- A campaign to kill: COUNT targets of a simulated internet at RATE probes per second of virtual
-- time, with a state and three outputs in the directory DIR: out.jsonl, out.txt, out.jsonl.gz. The
-- same command again resumes it. It prints "already" if there was nothing left to do.
--
--   mtrlua spec/perf/loads/resume.lua DIR COUNT RATE [order]
--
-- With "order" many targets wait in memory: for the rate of a prefix, their priority, or a retry.

local mtr = require "mtr"

local dir, count, rate = arg[1], tonumber(arg[2]), arg[3]
local net = mtr.sim.internet { seed = 3, prefixes = 50000 }
local next_target, n = net:targets(), 0
local order = arg[4] == "order"
local engine = assert(mtr.engine { sim = net, rate = rate .. "/s", seed = 1 })
local summary = assert(mtr.campaign {
  engine = engine, window = 200, state = dir .. "/run.state",
  prefix_rate = order and { ["/16"] = "60/s" } or nil, read_ahead = order and 700 or nil,
  retry = order and { times = 2, after = "9s" } or nil,
  priority = order and function(target) return tonumber(target:match "%d+$") end or nil,
  targets = function()
    n = n + 1
    return n <= count and next_target() or nil
  end,
  reporters = { mtr.report.jsonl(dir .. "/out.jsonl"), mtr.report.text(dir .. "/out.txt"),
    mtr.report.jsonl(dir .. "/out.jsonl.gz") },
}:run())
local whole = summary.targets == count and summary.traces == count
assert(summary.halted or whole, "the summary is of another campaign")
if summary.already then print "already" end
