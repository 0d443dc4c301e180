-- SPDX-License-Identifier: MIT
--
-- A campaign at a steady rate, beside which another program may send what does not
-- concern it; prints whose sockets it used ("own" or "helped" by mtr-sockets), its CPU time in
-- seconds, that of children included, and how many probes were sent and answered.
-- Usage: luajit flooded.lua TARGET TRANSPORT RATE TRACES HOPS.

local mtr = require "mtr"
local measure = require "spec.perf.kit.measure"

local target, transport, rate = arg[1], arg[2], tonumber(arg[3])
local traces, hops = tonumber(arg[4]), tonumber(arg[5])
local engine = assert(mtr.engine { transport = transport, rate = rate })
local how = engine:transport().why:find "mtr%-sockets" and "helped" or "own"

local function spent()
  local user, system = measure.cpu()
  local theirs, more = measure.cpu(measure.CHILDREN)
  return user + system + theirs + more
end

local given = 0
local campaign = mtr.campaign {
  engine = engine, window = 64,
  trace = { protocol = "udp", max_ttl = hops, attempts = 1 },
  targets = function()
    given = given + 1
    return given <= traces and target or nil
  end,
}
assert(campaign:run())
local stats = engine:stats()
engine:close()
print(("%s %.6f %d %d"):format(how, spent(), stats.probes_sent, stats.replies))
