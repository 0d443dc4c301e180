#!/usr/bin/env mtrlua
-- SPDX-License-Identifier: MIT
--
-- Probes paths backward, from the target to this host, and stops at the first router that an
-- earlier path went through: near this host all paths are alike, so most probes can be spared. It
-- is a strategy that is a table: next() says which probe goes next, on_reply() gets its reply.
--
--     mtrlua backward.lua 192.0.2.1 192.0.2.7 192.0.2.9

local mtr = require "mtr"

local seen = {}                        -- the routers of all paths, with their distance
local backward = { first = 16 }        -- where to begin; beyond the target it answers all probes

function backward:init() self.ttl = self.first end

function backward:next()
  if self.waiting then return nil end  -- one probe at a time
  self.waiting = true
  return { ttl = self.ttl }
end

function backward:on_reply(reply)
  self.waiting = false
  if reply.final then
    backward.first = self.ttl + 2      -- the next target may be some hops further away
  else
    if seen[reply.addr] == self.ttl then return "stop", "completed" end
    seen[reply.addr] = self.ttl
  end
  return self:step()
end

function backward:on_timeout()
  self.waiting = false
  return self:step()
end

function backward:step()
  self.ttl = self.ttl - 1
  if self.ttl == 0 then return "stop", "completed" end
end

for _, target in ipairs(arg) do
  local result = assert(mtr.trace(target, { strategy = backward, timeout = "1s" }))
  print(("%s: %d probes"):format(target, result.probe_count))
end
