-- SPDX-License-Identifier: MIT
--
-- Finds out why a trace of the strategy window ends, by judging its hops in TTL order. The instance
-- is that of mtr.strategy.builtin.parts.window_state.

local bit = require "bit"
local window_state = require "mtr.strategy.builtin.parts.window_state"

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
local type = type
local answers, OTHER, FINAL = window_state.answers, window_state.OTHER, window_state.FINAL

local M = {}

--- Keeps the key of an address in the hop at `i`; for IPv6 it keeps two sums of the address
--- instead.
---@param self ffi.cdata* the instance
---@param i integer index of the numbers of the hop
---@param key integer|string addr_key of the reply
function M.remember(self, i, key)
  if type(key) == "number" then
    self.hop[i + 1] = key
    return
  end
  local a, b = 0, 0
  for k = 1, #key, 2 do
    a = bxor(lshift(a, 5) - a, key:byte(k))
    b = bxor(lshift(b, 5) - b, key:byte(k + 1))
  end
  self.hop[i + 1], self.hop[i + 2] = a, b
end

-- Returns true if one address answered for two hops.
local function same(self, a, b)
  local i, k = self.step * a, self.step * b
  return self.hop[i + 1] == self.hop[k + 1]
    and (self.step == 2 or self.hop[i + 2] == self.hop[k + 2])
end

-- Returns 0 if no hop before `ttl` can have the address of hop `ttl`.
local function familiar(self, ttl)
  local key = self.hop[self.step * ttl + 1]
  local bits = bxor(key, rshift(key, 8), rshift(key, 16))
  local word, mark = band(bits, 3), lshift(1, rshift(bits, 2))
  local seen = self.seen[word]
  self.seen[word] = bor(seen, mark)
  return (band(seen, mark))
end

-- Returns true if hop `ttl` has the address of an earlier hop, with another address between them.
local function loops(self, o, ttl)
  local before = self.last
  self.last = ttl
  if familiar(self, ttl) == 0 or before > 0 and same(self, ttl, before) then return false end
  for earlier = o.first_ttl, before - 1 do
    if answers(self.hop[self.step * earlier]) > 0 and same(self, ttl, earlier) then return true end
  end
  return false
end

--- Returns why the trace ends at hop `ttl`, which has settled; nil if it does not end.
---@param self ffi.cdata* the instance
---@param o mtr.ForceOptions
---@param h integer the hop's counts
---@param ttl integer
---@return string? stop_reason
---@return integer? stop_data
function M.judge(self, o, h, ttl)
  if band(h, FINAL) ~= 0 then return "completed", 0 end
  local silent = answers(h) == 0
  if not silent and band(h, OTHER) == 0 then return "unreach", self.data end
  self.gap = silent and self.gap + 1 or 0
  if o.gap_limit > 0 and self.gap >= o.gap_limit then
    if self.good == 0 then return "error", self.data end
    return "gaplimit", 0
  end
  if not silent and loops(self, o, ttl) and o.loop_limit > 0 and o.multipath ~= "classic" then
    self.loops = self.loops + 1
    if self.loops >= o.loop_limit then return "loop", 0 end
  end
  if ttl < self.limit then return nil end
  if self.good == 0 then return "error", self.data end
  return "hoplimit", 0
end

return M
