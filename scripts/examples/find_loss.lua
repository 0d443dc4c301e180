#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Finds the hop from which on packets are lost, with few probes: a binary search. It is a strategy
-- that is a function: trace:probe sends one probe and waits for what becomes of it.
--
--     mtrlua find_loss.lua example.org 20
--
-- A router that limits its ICMP errors looks like loss at that hop alone; here a hop counts as
-- lossy only if the target is reached with loss, too.

local mtr = require "mtr"
local target, probes = arg[1], tonumber(arg[2] or 20)
local ALLOWED = 0.1                    -- a share of lost probes that is still normal

-- Returns the share of lost probes at a TTL, and whether the target answered.
local function loss(trace, ttl)
  local lost, reached = 0, false
  for _ = 1, probes do
    local what = trace:probe { ttl = ttl }
    if what.timeout then lost = lost + 1 end
    if what.final then reached = true end
  end
  return lost / probes, reached
end

local function search(trace)
  local last = 0
  repeat                               -- how far away the target is
    last = last + 1
    local _, reached = loss(trace, last)
    if last == trace.options.max_ttl and not reached then return "hoplimit" end
  until reached
  if loss(trace, last) <= ALLOWED then
    print(("no loss to %s in %d hops"):format(target, last))
    return "completed"
  end
  local good, bad = 0, last
  while bad - good > 1 do              -- hop `good` is without loss, hop `bad` is not
    local middle = math.floor((good + bad) / 2)
    if loss(trace, middle) > ALLOWED then bad = middle else good = middle end
  end
  print(("%s: packets are lost between hop %d and hop %d"):format(target, good, bad))
  return "completed"
end

assert(mtr.trace(target, { strategy = search, timeout = "500ms", max_probes = "max" }))
