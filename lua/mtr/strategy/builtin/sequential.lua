-- SPDX-License-Identifier: MIT
--
-- Sends one probe at a time, TTL by TTL. Each hop is probed until it has given `queries` answers,
-- with at most `attempts` tries for each. It is slow, but good for routers that limit their
-- answers.
--
-- It ends for the same reasons as the sweep in the engine, except loops, which it does not detect.

---@class mtr.Strategies
---@field sequential mtr.BuiltIn one probe at a time

local M = { name = "sequential", ttl = 0, answers = 0, tries = 0, gap = 0, unreach = 0, code = 0 }

function M:init(trace)
  self.options, self.probe = trace.options, { ttl = trace.options.first_ttl }
end

function M:next()
  if self.out then return nil end
  self.out = true
  return self.probe
end

-- Goes on to the next hop, or ends: this hop has settled.
local function settled(self)
  local o, ttl = self.options, self.probe.ttl
  if self.final then return "stop", "completed", 0, ttl end
  if self.answers > 0 and self.unreach == self.answers then
    return "stop", "unreach", self.code, ttl
  end
  self.gap = self.answers == 0 and self.gap + 1 or 0
  if o.gap_limit > 0 and self.gap >= o.gap_limit then return "stop", "gaplimit", 0, ttl end
  if ttl == o.max_ttl then return "stop", "hoplimit", 0, ttl end
  self.probe.ttl, self.answers, self.tries, self.unreach = ttl + 1, 0, 0, 0
end

local function ended(self)
  local o = self.options
  self.out, self.tries = false, self.tries + 1
  if self.answers >= o.queries or self.tries >= o.queries * o.attempts then
    return settled(self)
  end
end

function M:on_reply(reply)
  if not reply.too_big then
    self.answers = self.answers + 1
    self.final = self.final or reply.final
    if reply.unreach then
      self.unreach, self.code = self.unreach + 1, reply.icmp_code or 255
    end
  end
  return ended(self)
end

M.on_timeout = ended

return M
