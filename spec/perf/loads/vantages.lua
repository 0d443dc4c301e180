-- SPDX-License-Identifier: MIT
--
-- Many workers of a fleet in one process, each with an engine of its own over a simulated internet
-- of its own: vantage points v1, v2 and so on. They work until all campaigns are done.
-- It prints one line of key=value: traces, probes, cpu (s), peak (the most memory that was ever
-- resident).
--
--   mtrlua spec/perf/loads/vantages.lua url=URL first=1 last=N targets=N

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, { url = "", first = 1, last = 1, targets = 200 })

local user, system = measure.cpu()
local tasks, engines, probes, traces = {}, {}, 0, 0
for v = opts.first, opts.last do
  tasks[#tasks + 1] = mtr.go(function()
    local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = opts.targets, dead = 0,
      min_hops = 8, max_hops = 8, seed = v }, rate = "max" })
    local fleet = assert(mtr.fleet.open { redis = opts.url })
    local worker = assert(fleet:work { name = "v" .. v, once = true, engine = engine })
    fleet:close()
    probes, traces = probes + engine:stats().probes_sent, traces + worker.done_targets
    engines[v] = engine                -- it may watch the connections of others: closed later
  end)
end
mtr.wait_all(tasks)
for _, engine in pairs(engines) do engine:close() end
local user2, system2 = measure.cpu()
measure.print({ traces = traces, probes = probes, peak = measure.peak(),
  cpu = ("%.3f"):format(user2 - user + system2 - system) }, { "traces", "probes", "cpu", "peak" })
