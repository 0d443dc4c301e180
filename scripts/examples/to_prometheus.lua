#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Traces some targets in each round, and gives counters to Prometheus: as a file for the textfile
-- collector of node_exporter, or served at http://127.0.0.1:9100/metrics if it is ":9100".
--
--     mtrlua to_prometheus.lua :9100 60 1000 192.0.2.1 192.0.2.7    (each 60 s, 1000 rounds)
--
-- A campaign calls its reporters by itself. Here the script calls one, so that the counters go on
-- from round to round.

local mtr = require "mtr"

local out, seconds, rounds = arg[1], tonumber(arg[2]), tonumber(arg[3])
local targets = { unpack(arg, 4) }

local reporter = mtr.report.prometheus(out)
assert(reporter:start { engine = assert(mtr.default()) })

local function trace(target)
  local result, message = mtr.trace(target)
  if result then
    assert(reporter:trace(result))
  else
    io.stderr:write(mtr.plain(target), ": ", message, "\n")
  end
end

for round = 1, rounds do
  if round > 1 then mtr.sleep(seconds * 1000) end
  local tasks = {}
  for i, target in ipairs(targets) do tasks[i] = mtr.go(trace, target) end
  assert(mtr.wait_all(tasks))          -- all targets of a round are traced at once
  assert(reporter:update {})
end
assert(reporter:finish {})
print(("%d rounds are in %s"):format(rounds, out))
