-- SPDX-License-Identifier: MIT
--
-- Rounds, as mtr(8) has them: one probe for every hop, then the same again `interval` ms after the
-- round began, `rounds` times. A round goes no further than the target, an unreachable, or
-- gap_limit hops beyond the last one that ever answered. Replies of all rounds are in the result,
-- `attempt` being the round as long as there are no more than 255.

local M = { name = "rounds", rounds = 10, interval = 1000 }

M.defaults = { max_probes = 1000000 }  -- rounds and max_ttl bound it

function M:init(trace)
  local o = trace.options
  self.o, self.probe = o, {}
  self.round, self.due, self.ttl = 1, self.interval, o.first_ttl - 1
  self.high, self.limit = o.first_ttl - 1, o.max_ttl
end

function M:next(now)
  local o, last = self.o, self.limit
  if o.gap_limit > 0 and last > self.high + o.gap_limit then last = self.high + o.gap_limit end
  if self.ttl >= last then
    if self.round >= self.rounds then return nil end
    if now < self.due then return nil, self.due - now end
    self.round, self.ttl = self.round + 1, o.first_ttl - 1
    self.due = math.max(self.due, now - self.interval) + self.interval
  end
  self.ttl = self.ttl + 1
  self.probe.ttl = self.ttl
  return self.probe
end

function M:on_reply(reply)
  if reply.too_big then return end
  if reply.ttl > self.high then self.high = reply.ttl end
  if (reply.final or reply.unreach) and reply.ttl < self.limit then self.limit = reply.ttl end
end

return M
