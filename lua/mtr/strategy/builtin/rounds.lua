-- SPDX-License-Identifier: MIT
--
-- Probes in rounds, like mtr(8): one probe for every hop, `rounds` times. A round begins `interval`
-- ms after the one before began. It ends at the target, at an unreachable, or gap_limit hops behind
-- the last hop that ever answered. The result has the replies of all rounds; `attempt` is the
-- round, up to 255. With `flows` = n the rounds use n flows in turn, from the trace's flow on.
--
-- The path may become longer: a round goes on to the new end if the old last hop is now in the
-- middle. A probe to the target without an answer is no longer path, because probes get lost. After
-- PATIENCE of them in a row the rounds look further; the path is longer if as many answers come
-- from there and still none from the old end.

---@class mtr.Strategies
---@field rounds mtr.BuiltIn every hop once in each round, like mtr(8)

local M = { name = "rounds", rounds = 10, interval = 1000, flows = 1, out = 0 }

M.defaults = { max_probes = 0 }        -- no limit: `rounds` limits it, and may be math.huge

local PATIENCE = 8

function M:init(trace)
  local o = trace.options
  self.o, self.probe = o, {}
  self.round, self.due, self.ttl = 1, self.interval, o.first_ttl - 1
  self.high, self.limit, self.nearest = o.first_ttl - 1, o.max_ttl, o.max_ttl + 1
  self.ends, self.codes = {}, {}       -- by TTL: why it ended a round when it last answered
  self.ended = false                   -- some round was ended
  self.quiet, self.lost = 0, false     -- unanswered probes to the end in a row; the end, if lost
  self.further = 0                     -- answers from behind it
  if self.flows > 1 then self.probe.flow = o.flow end
end

-- Ends after the last round. The path ends at the first TTL that ended a round when it last
-- answered; without one, the engine finds the reason.
local function finish(self)
  if self.out > 0 then return nil end
  for ttl = self.o.first_ttl, self.o.max_ttl do
    if self.ends[ttl] then
      if ttl == self.nearest then return nil end   -- the engine finds it
      return "stop", self.ends[ttl], self.codes[ttl], ttl
    end
  end
  if self.ended then return "stop", "hoplimit", 0, self.high end
  return nil
end

function M:next(now)
  local o, last = self.o, self.limit
  if o.gap_limit > 0 and last > self.high + o.gap_limit then last = self.high + o.gap_limit end
  if self.ttl >= last then
    if self.round >= self.rounds then return finish(self) end
    if now < self.due then return nil, self.due - now end
    self.ttl, self.due = o.first_ttl - 1, math.max(self.due, now - self.interval) + self.interval
    if self.flows > 1 then self.probe.flow = o.flow + self.round % self.flows end
    self.round = self.round + 1
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
    self.ended, self.ends[ttl] = true, reply.final and "completed" or "unreach"
    self.nearest = math.min(self.nearest, ttl)
    self.codes[ttl] = not reply.final and reply.icmp_code or 0
    if ttl > self.limit then return end
    if self.lost and ttl > self.lost then
      self.further = self.further + 1
      if self.further < PATIENCE then return end
      self.ends[self.lost] = false
    end
    self.limit, self.quiet, self.lost, self.further = ttl, 0, false, 0
    return
  end
  self.ends[ttl] = false
  if ttl == self.limit then self.limit, self.quiet = self.o.max_ttl, 0 end
end

function M:on_timeout(probe)
  local limit = self.limit
  self.out = self.out - 1
  if probe.ttl ~= limit or not self.ends[limit] or probe.error then return end
  self.quiet = self.quiet + 1
  if self.quiet == PATIENCE then self.lost, self.limit, self.quiet = limit, self.o.max_ttl, 0 end
end

return M
