-- SPDX-License-Identifier: MIT
--
-- Measures how many probes a strategy needs to find router addresses that answer, over a simulated
-- internet. The traces of doubletree share one state.
--
--   mtrlua spec/perf/loads/interfaces.lua [strategy=window] [targets=20000] [prefixes=20000]
--     [flight=100] [seed=1]
--
-- It prints one line of key=value.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, {
  strategy = "window", targets = 20000, prefixes = 20000, flight = 100, seed = 1,
})

local strategy = opts.strategy
if strategy == "doubletree" then
  strategy = mtr.strategy.doubletree({ state = mtr.strategy.doubletree.new_state() })
end
local net = mtr.sim.internet({ seed = opts.seed, prefixes = opts.prefixes })
local engine = assert(mtr.engine({ sim = net, rate = "max" }))
local next_target = net:targets()
local seen, interfaces, started = {}, 0, 0
local options = {
  strategy = strategy,
  on_reply = function(_, reply)
    local key = reply.addr_key
    if not seen[key] then
      seen[key], interfaces = true, interfaces + 1
    end
  end,
}

local function start()
  local target = started < opts.targets and next_target()
  if target then
    started = started + 1
    engine:trace(target, options, function(err)
      assert(not err, err)
      start()
    end)
  end
end

for _ = 1, opts.flight do
  start()
end
engine:run()
measure.print({
  strategy = opts.strategy, traces = started, probes = engine:stats().probes_sent,
  interfaces = interfaces,
}, { "strategy", "traces", "probes", "interfaces" })
engine:close()
