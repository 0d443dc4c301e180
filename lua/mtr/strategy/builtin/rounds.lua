-- SPDX-License-Identifier: MIT
--
-- Probes in rounds, like mtr(8): one probe for every hop, `rounds` times. A round begins `interval`
-- ms after the one before began. It ends at the target, at an unreachable, or gap_limit hops behind
-- the last hop that ever answered. The result has the replies of all rounds; `attempt` is the
-- round, up to 255.
--
-- The path may become longer: a round goes one hop further if nothing ended the round before, and
-- it goes on to the new end if the old last hop is now in the middle.

local M = { name = "rounds", rounds = 10, interval = 1000, out = 0 }

M.defaults = { max_probes = 0 }        -- no limit: `rounds` limits it, and may be math.huge

function M:init(trace)
  local o = trace.options
  self.o, self.probe = o, {}
  self.round, self.due, self.ttl = 1, self.interval, o.first_ttl - 1
  self.high, self.limit, self.nearest = o.first_ttl - 1, o.max_ttl, o.max_ttl
  self.ends, self.codes = {}, {}       -- by TTL: why it ended a round when it last answered
  self.ended = false                   -- something ended this round
end

-- Ends after the last round. The path ends at the first TTL that ended a round when it last
-- answered. The engine finds the right reason, unless the path became longer.
local function finish(self)
  if self.out > 0 then return nil end
  for ttl = self.o.first_ttl, self.o.max_ttl do
    if self.ends[ttl] then
      if ttl == self.nearest then return nil end
      return "stop", self.ends[ttl], self.codes[ttl], ttl
    end
  end
  if self.limit == self.nearest then return nil end
  return "stop", "hoplimit", 0, self.high
end

function M:next(now)
  local o, last = self.o, self.limit
  if o.gap_limit > 0 and last > self.high + o.gap_limit then last = self.high + o.gap_limit end
  if self.ttl >= last then
    if self.round >= self.rounds then return finish(self) end
    if now < self.due then return nil, self.due - now end
    self.round, self.ttl = self.round + 1, o.first_ttl - 1
    self.due = math.max(self.due, now - self.interval) + self.interval
    if not self.ended then self.limit = math.min(self.limit + 1, o.max_ttl) end
    self.ended = false
  end
  self.ttl, self.out = self.ttl + 1, self.out + 1
  self.probe.ttl = self.ttl
  return self.probe
end

function M:on_reply(reply)
  local ttl = reply.ttl
  self.out = self.out - 1
  if reply.too_big then return end
  if ttl > self.high then self.high = ttl end
  if reply.final or reply.unreach then
    self.ended, self.limit = true, math.min(self.limit, ttl)
    self.nearest = math.min(self.nearest, ttl)
    self.ends[ttl] = reply.final and "completed" or "unreach"
    self.codes[ttl] = not reply.final and reply.icmp_code or 0
    return
  end
  self.ends[ttl] = false
  if ttl == self.limit then self.limit = self.o.max_ttl end
end

function M:on_timeout() self.out = self.out - 1 end

return M
