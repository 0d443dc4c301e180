#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- A reporter of your own: a table with some of the methods start, trace, update and finish. This
-- one writes a line for each target, and at the end how often each reason to stop came.
--
--     mtrlua own_reporter.lua 192.0.2.1 192.0.2.7
--
-- Several reporters can write the results of one campaign.

local mtr = require "mtr"

local brief = { reasons = {} }

-- Called once, before the first result.
function brief.start(_, meta) print("# through " .. meta.transport) end

-- Called for each result. It is borrowed: valid until this function returns.
function brief:trace(result)
  local slowest
  for _, hop in ipairs(result.hops) do
    if hop.rtt and (not slowest or hop.rtt > slowest.rtt) then slowest = { ttl = hop.ttl,
      rtt = hop.rtt } end
  end
  self.reasons[result.stop_reason] = (self.reasons[result.stop_reason] or 0) + 1
  print(("%s %s in %d hops%s"):format(result.dst, result.stop_reason, result.hop_count,
    slowest and (", slowest: hop %d with %.1f ms"):format(slowest.ttl, slowest.rtt) or ""))
end

-- Called at the end. A method that returns nil and a message has failed.
function brief:finish(summary)
  for reason, count in pairs(self.reasons) do print("# " .. reason, count) end
  print("# probes", summary.probes)
end

local campaign = mtr.campaign { targets = arg, reporters = { brief } }
assert(campaign:run())
