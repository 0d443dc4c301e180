-- SPDX-License-Identifier: MIT
--
-- Many traces at the highest rate; prints whose sockets they used ("own" or "helped" by
-- mtr-sockets), the CPU time per probe in us, that of children included, and how many probes were
-- sent and answered. Usage: luajit safe.lua TARGET PROTOCOL TRACES HOPS.

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local target, protocol, traces, hops = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local engine = assert(mtr.engine { transport = "raw", rate = "max" })
local how = engine:transport().why:find "mtr%-sockets" and "helped" or "own"

local function spent()
  local user, system = measure.cpu()
  local theirs, more = measure.cpu(measure.CHILDREN)
  return user + system + theirs + more
end

local before = spent()
for i = 1, traces do
  engine:trace(target, { protocol = protocol, flow = i % 500, max_ttl = hops }, function() end)
end
engine:run()
local stats = engine:stats()
engine:close()
print(("%s %.3f %d %d"):format(how, (spent() - before) * 1e6 / stats.probes_sent,
  stats.probes_sent, stats.replies))
