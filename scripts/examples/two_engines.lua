#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Two engines at once. Each has sockets and a rate of its own: here one is gentle and the other one
-- fast, and both trace the same target at the same time, with another protocol.
--
--     mtrlua two_engines.lua example.org

local mtr = require "mtr"
local target = arg[1]

local engines = {
  { name = "icmp, 20/s", engine = assert(mtr.engine { rate = "20/s" }), protocol = "icmp" },
  { name = "tcp, 500/s", engine = assert(mtr.engine { rate = "500/s" }), protocol = "tcp" },
}

-- Each call waits in its own task, so that both run at the same time.
local tasks = {}
for i, e in ipairs(engines) do
  tasks[i] = mtr.go(function()
    e.result = assert(e.engine:trace(target, { protocol = e.protocol, port = nil }))
  end)
end
assert(mtr.wait_all(tasks))

for _, e in ipairs(engines) do
  print(("%s: %s in %d hops, %d probes, %.0f ms"):format(e.name, e.result.stop_reason,
    e.result.hop_count, e.engine:stats().probes_sent, e.result.duration))
end
for ttl = 1, math.max(engines[1].result.hop_count, engines[2].result.hop_count) do
  local a, b = engines[1].result.hops[ttl], engines[2].result.hops[ttl]
  print(ttl, a and a.addr or "*", b and b.addr or "*")
end
for _, e in ipairs(engines) do e.engine:close() end
