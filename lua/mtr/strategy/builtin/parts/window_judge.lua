-- SPDX-License-Identifier: MIT
--
-- Finds out why a trace of the strategy window ends, by judging its hops in TTL order. The instance
-- is that of mtr.strategy.builtin.parts.window_state.

local bit = require "mtr.compat".bit
local addr = require "mtr.base.addr"
local window_state = require "mtr.strategy.builtin.parts.window_state"

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
local tobit, type = bit.tobit, type
local answers, OTHER, FINAL = window_state.answers, window_state.OTHER, window_state.FINAL

local M = {}

-- Returns two numbers for an address (for IPv6 two sums of it); 0 and 0 if many routers use it.
local function numbers(key)
  if addr.many_use(key) then return 0, 0 end
  if type(key) == "number" then return key, 0 end
  local a, b = 0, 0
  for k = 1, #key, 2 do
    a = bxor(lshift(a, 5) - a, key:byte(k))
    b = bxor(lshift(b, 5) - b, key:byte(k + 1))
  end
  return a, b
end

--- Keeps the two numbers of an address in the hop at `i`.
---@param self ffi.cdata* the instance
---@param i integer index of the numbers of the hop
---@param key integer|string addr_key of the reply
function M.remember(self, i, key)
  local a, b = numbers(key)
  self.hop[i + 1] = a
  if self.step == 3 then self.hop[i + 2] = b end
end

-- Returns true if hop `ttl` has an address that many routers use.
local function many_use(self, ttl)
  local i = self.step * ttl
  return self.hop[i + 1] == 0 and (self.step == 2 or self.hop[i + 2] == 0)
end

-- Returns true if hop `ttl` has an address, which is given as text.
local function has(self, ttl, text)
  local i = self.step * ttl
  local a, b = numbers(addr.key_of(text))
  return self.hop[i + 1] == tobit(a) % 0x100000000
    and (self.step == 2 or self.hop[i + 2] == tobit(b) % 0x100000000)
end

-- Returns true if hop `ttl` has the address of an end of the trace: tunnels, gateways and
-- translators also answer with these for hops before and behind them.
local function end_of(self, ttl, trace)
  return has(self, ttl, trace.dst:match "[^%%]+") or has(self, ttl, trace.src)
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
local function loops(self, o, ttl, trace)
  local before = self.last
  self.last = ttl
  if many_use(self, ttl) then return false end
  if familiar(self, ttl) == 0 or before > 0 and same(self, ttl, before) then return false end
  for earlier = o.first_ttl, before - 1 do
    if answers(self.hop[self.step * earlier]) > 0 and same(self, ttl, earlier) then
      return not end_of(self, ttl, trace)
    end
  end
  return false
end

--- Returns why the trace ends at hop `ttl`, which has settled; nil if it does not end.
---@param self ffi.cdata* the instance
---@param o mtr.ForceOptions
---@param h integer the hop's counts
---@param ttl integer
---@param trace mtr.Trace|mtr.BorrowedTrace
---@return string? stop_reason
---@return integer? stop_data
function M.judge(self, o, h, ttl, trace)
  if band(h, FINAL) ~= 0 then return "completed", 0 end
  local silent = answers(h) == 0
  if not silent and band(h, OTHER) == 0 then return "unreach", self.data end
  self.gap = silent and self.gap + 1 or 0
  if o.gap_limit > 0 and self.gap >= o.gap_limit then
    if self.good == 0 then return "error", self.data end
    return "gaplimit", 0
  end
  if not silent and loops(self, o, ttl, trace) and o.loop_limit > 0
    and o.multipath ~= "classic" then
    self.loops = self.loops + 1
    if self.loops >= o.loop_limit then return "loop", 0 end
  end
  if ttl < self.limit then return nil end
  if self.good == 0 then return "error", self.data end
  return "hoplimit", 0
end

return M
