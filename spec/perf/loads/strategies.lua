-- SPDX-License-Identifier: MIT
--
-- Measures what a strategy in Lua costs: the same traces over a simulated internet, by the engine's
-- own sweep and by a strategy, with a callback for each. Packets are built and parsed, without a
-- kernel between.
--
--   mtrlua spec/perf/loads/strategies.lua [strategy=window] [window=8] [targets=20000]
--     [prefixes=1000000] [flight=1000] [seed=1] [warm=5000]
--
-- Strategies: window (the sweep), window-lua, coroutine (below, as a user would write it: the sweep
-- with window=1 sends the same probes), and any other that is built in. `flight` traces are under
-- way at once; the first `warm` are not measured. One line of key=value; us_per_probe is processor
-- time.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local flight = require "spec.perf.kit.flight"

local opts = measure.options({ ... }, {
  strategy = "window", window = 8, targets = 20000, prefixes = 1000000, flight = 1000, seed = 1,
  warm = 5000,
})

-- Hop by hop, twice where nobody answers, until five hops in a row are silent.
mtr.strategy.register("coroutine", function(trace)
  local gap = 0
  for ttl = 1, 30 do
    local answer = trace:probe({ ttl = ttl })
    if answer.timeout then
      answer = trace:probe({ ttl = ttl })
    end
    if answer.final then
      return "completed"
    end
    gap = answer.timeout and gap + 1 or 0
    if gap == 5 then
      return "gaplimit"
    end
  end
  return "hoplimit"
end)

local net = mtr.sim.internet({ seed = opts.seed, prefixes = opts.prefixes })
local engine = assert(mtr.engine({ sim = net, rate = "max" }))
local fly = flight(engine, opts.flight, net:targets(), {
  strategy = opts.strategy, window = opts.window,
})

-- Traces `n` targets more; processor time and probes.
local function trace(n)
  local user, sys = measure.cpu()
  local probes = engine:stats().probes_sent
  fly(n)
  local user_end, sys_end = measure.cpu()
  return user_end - user + sys_end - sys, engine:stats().probes_sent - probes
end

trace(opts.warm)
local cpu, probes = trace(opts.targets)
measure.print({
  traces = opts.targets, probes = probes, cpu = cpu, us_per_probe = cpu / probes * 1e6,
  us_per_trace = cpu / opts.targets * 1e6,
}, { "traces", "probes", "cpu", "us_per_probe", "us_per_trace" })
engine:close()
