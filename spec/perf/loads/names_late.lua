-- SPDX-License-Identifier: MIT
--
-- A campaign through the kernel routers of lab topology `many TTLS`, with the names of all hops and
-- targets or without. The name server is started here and answers after 50 ms.
--
--   mtrlua spec/perf/loads/names_late.lua [names=off] [targets=500] [ttls=8] [rate=1000/s]
--
-- It prints one line of key=value: rtt_us, the median of all round trips; seconds, the time of the
-- campaign; asked, the questions of the name server; and answered, the probes that have a reply.

package.path = (arg[0]:match("^(.*)/[^/]*$") or ".") .. "/../../?.lua;" .. package.path

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"
local name_server = require "spec.support.real.name_server"
local run = require "spec.support.harness.run"
local topo = require "spec.lab.topo"

local given = measure.options({ ... }, { names = "off", targets = 500, ttls = 8, rate = "1000/s" })

local server = name_server.start "--delay 50"
mtr.names.configure { servers = { server.address } }

local plan, targets = assert(topo.plan("many", { given.ttls })), {}
for i = 1, given.targets do targets[i] = plan.target((i - 1) % plan.targets + 1) end

local rtts = {}
local engine = assert(mtr.engine { rate = given.rate })
local began = measure.now()
local summary = assert(mtr.campaign {
  engine = engine, targets = targets, window = 100, trace = { max_ttl = given.ttls },
  enrich = given.names == "on" and { dns = true } or nil,
  on_trace = function(result)
    for _, hop in pairs(result.hops) do
      for _, reply in ipairs(hop.replies) do rtts[#rtts + 1] = reply.rtt end
    end
  end,
}:run())
local seconds = measure.now() - began
assert(summary.stop_reasons.completed == given.targets, "names_late: traces were lost")

table.sort(rtts)
measure.print({ rtt_us = rtts[math.ceil(#rtts / 2)] * 1000, seconds = seconds,
  answered = #rtts, asked = #server:questions() }, { "rtt_us", "seconds", "answered", "asked" })
server:stop()
run.clean()
os.exit(0)
