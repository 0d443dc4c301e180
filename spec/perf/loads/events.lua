-- SPDX-License-Identifier: MIT
--
-- The cost of an event in any Lua: traces over a simulated internet with two hooks, which read a
-- field each, and with a callback. It runs in every Lua that has the library, not only in mtrlua:
--
--   lua5.4 spec/perf/loads/events.lua [traces=4000]
--
-- It prints the microseconds of processor time for each event, those of the engine included.
package.path = "./build/lua/?.lua;./lua/?.lua;./lua/?/init.lua;" .. package.path
local mtr = require "mtr"

local TRACES, FLIGHT = tonumber(arg[1]) or 4000, 200

local net = mtr.sim.internet { seed = 1, prefixes = TRACES }
local engine = assert(mtr.engine { sim = net, rate = "max" })
local hops, replies, started, ended = 0, 0, 0, 0
local targets = {}
for target in net:targets() do targets[#targets + 1] = target end

local options = {
  on_hop = function(_, hop) hops = hops + hop.ttl end,
  on_reply = function(_, reply) replies = replies + reply.ttl end,
}

local start
local function done(problem)
  assert(not problem, problem)
  ended = ended + 1
  start()
end

function start()
  if started == TRACES then return end
  started = started + 1
  assert(engine:trace(targets[started], options, done))
end

local clock = os.clock()
for _ = 1, FLIGHT do start() end
engine:run()
clock = os.clock() - clock
local events = engine:stats().events
assert(ended == TRACES and hops > 0 and replies > 0)
print(("%.3f"):format(clock / events * 1e6))
engine:close()
