-- SPDX-License-Identifier: MIT
--
-- Measures how often mda finds every next hop of a load balancer. There is one balancer, but it
-- spreads the flows to each target differently, so each of the many targets is a test of its own.
--
--   mtrlua spec/perf/loads/diamonds.lua [targets=1000] [width=16] [confidence=95] [seed=1]
--
-- It prints one line of key=value; found is the number of targets for which it found all next hops
-- and all links to and from them.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local opts = measure.options({ ... }, { targets = 1000, width = 16, confidence = 95, seed = 1 })

local nodes = {
  me = "192.0.2.1", balancer = "10.0.0.1", join = "10.0.2.1",
  target = { "198.18.0.1", "198.18.0.0/16" },
}
local links = { { "me", "balancer" }, { "join", "target" } }
for i = 1, opts.width do
  nodes["branch" .. i] = "10.0.1." .. i
  links[#links + 1] = { "balancer", "branch" .. i, "join" }
end
local net = mtr.sim({ seed = opts.seed, nodes = nodes, links = links })
local engine = assert(mtr.engine({ sim = net, rate = "max" }))
local options = { strategy = mtr.strategy.mda({ confidence = opts.confidence }) }
local found = 0

for i = 1, opts.targets do
  local target = ("198.18.%d.%d"):format(i / 250, i % 250 + 2)
  engine:trace(target, options, function(err, result)
    assert(not err, err)
    local hops = result.mda.hops
    local all = #hops[2].nodes == opts.width and #hops[2].links == opts.width
      and #hops[3].links == opts.width
    found = found + (all and 1 or 0)
  end)
end
engine:run()
measure.print({
  targets = opts.targets, found = found, share = found / opts.targets,
  probes = engine:stats().probes_sent,
}, { "targets", "found", "share", "probes" })
engine:close()
