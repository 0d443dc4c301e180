-- SPDX-License-Identifier: MIT
--
-- Probes all TTLs in random order, like yarrp: a router rarely gets two probes of a trace in a row,
-- so rate limits on answers matter less. Every TTL gets one probe, except TTLs behind the target,
-- or behind an unreachable, after that has answered. The order depends only on `seed` and the
-- target.

---@class mtr.Strategies
---@field random mtr.BuiltIn all TTLs in random order, like yarrp

local bit = require "mtr.compat".bit

local M = { name = "random", seed = 1 }

-- Returns the next random number: Marsaglia's xorshift.
local function step(x)
  x = bit.bxor(x, bit.lshift(x, 13))
  x = bit.bxor(x, bit.rshift(x, 17))
  return bit.bxor(x, bit.lshift(x, 5))
end

local function start(seed, text)
  local x = step(bit.bxor(seed, 0x2545f491))
  for i = 1, #text do x = step(bit.bxor(x, text:byte(i))) end
  return x == 0 and 1 or x
end

function M:init(trace)
  local o, order = trace.options, {}
  local x = start(self.seed, trace.dst)
  for ttl = o.first_ttl, o.max_ttl do
    x = step(x)
    local n = #order + 1
    local at = bit.rshift(x, 8) % n + 1
    order[n], order[at] = order[at] or ttl, ttl
  end
  self.order, self.at, self.limit, self.probe = order, 0, o.max_ttl, {}
end

function M:next()
  for at = self.at + 1, #self.order do
    local ttl = self.order[at]
    self.at = at
    if ttl <= self.limit then
      self.probe.ttl = ttl
      return self.probe
    end
  end
end

function M:on_reply(reply)
  if (reply.final or reply.unreach) and reply.ttl < self.limit then self.limit = reply.ttl end
end

return M
