-- SPDX-License-Identifier: MIT
--
-- The engine's own sweep (core/probe/sweep), written as a strategy: up to `window` probes ahead,
-- lowest TTL first, each hop asked until it has given `queries` answers or has been tried
-- `attempts` times for each; hops are judged in TTL order. Its results are those of the sweep.
--
-- There may be many traces, so an instance is one small table, used again, and it is the probe that
-- it wants, too. What it knows lies side by side in its array: what the trace has come to, then of
-- each hop its counts in one number and who answered first. What happens for every probe has no
-- loop: LuaJIT compiles none that mostly goes round once.

local bit = require "bit"
local mtr = require "mtr"
local fit = require "mtr.strategy.fit"
local new_table = require "table.new"

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
local max, min, type = math.max, math.min, type
local NEXT, SETTLED, LIMIT, HIGH = 1, 2, 3, 4    -- TTLs: to try, settled, worth it, that answered
local RETRY = 5                        -- whether one below NEXT wants another probe
local GAP, LOOPS, GOOD, DATA = 6, 7, 8, 9        -- counts; GOOD: probes that left; stop_data
local SEEN, LAST = 10, 11              -- for loops(): bits of addresses; the last hop that answered
local O = 12                           -- the trace's options
local COUNTS, KEY = 11, 12             -- at these plus twice the TTL
local HOPS = 20                        -- before the table grows
local SENT, OUT, ANSWERED, OTHER, FINAL = 1, 0x100, 0x10000, 0x1000000, 0x2000000

local M = { name = "window-lua", reuse = true }

function M.create()
  local self = new_table(KEY + 2 * HOPS, 4)
  for i = 1, KEY + 2 * HOPS do self[i] = false end
  return self
end

function M:init(trace)
  local o = trace.options
  for i = KEY + 1, KEY + 2 * (self[NEXT] or 0) do self[i] = false end
  self[O], self.ttl, self.flow, self.size, self.id = o, 0, o.flow, o.size, 0
  self[NEXT], self[SETTLED], self[LIMIT] = o.first_ttl, o.first_ttl - 1, o.max_ttl
  self[HIGH], self[RETRY], self[GAP], self[LOOPS] = o.first_ttl - 1, false, 0, 0
  self[GOOD], self[DATA], self[SEEN], self[LAST] = 0, 0, 0, 0
end

-- In parentheses: LuaJIT compiles no more than a few tail calls in a row.
local function answers(h) return (band(rshift(h, 16), 0xff)) end

local function wants(o, h)
  return answers(h) + band(rshift(h, 8), 0xff) < o.queries
    and band(h, 0xff) < o.queries * o.attempts
end

-- A TTL below NEXT that wants another probe, or NEXT.
local function again(self, last)
  for ttl = self[SETTLED] + 1, self[NEXT] - 1 do
    if ttl > last or wants(self[O], self[COUNTS + 2 * ttl]) then return ttl end
  end
  self[RETRY] = false
  return self[NEXT]
end

function M:next()
  local o, last = self[O], self[LIMIT]
  if o.gap_limit > 0 then last = min(last, self[HIGH] + o.gap_limit) end
  local ttl = self[RETRY] and again(self, last) or self[NEXT]
  if ttl > last then return nil end
  local h = (self[COUNTS + 2 * ttl] or 0) + SENT + OUT
  self[COUNTS + 2 * ttl], self[GOOD], self.ttl = h, self[GOOD] + 1, ttl
  if ttl == self[NEXT] and not wants(o, h) then self[NEXT] = ttl + 1 end
  return self, self[NEXT] > last and not self[RETRY]
end

-- Whether hop `ttl` repeats an address with another one in between.
local function loops(self, ttl)
  local key, before = self[KEY + 2 * ttl], self[LAST]
  local mark = type(key) == "number" and lshift(1, bxor(key, rshift(key, 8), rshift(key, 16))) or -1
  local fresh = band(self[SEEN], mark) == 0
  self[SEEN], self[LAST] = bor(self[SEEN], mark), ttl
  if fresh or before > 0 and self[KEY + 2 * before] == key then return false end
  for earlier = self[O].first_ttl, before - 1 do
    if self[KEY + 2 * earlier] == key then return true end
  end
  return false
end

-- Why the trace ends at hop `ttl`, which has settled; nil: it does not.
local function judge(self, o, h, ttl)
  if band(h, FINAL) ~= 0 then return "completed", 0 end
  local over, data = self[GOOD] == 0 and "error", self[DATA]
  local silent = answers(h) == 0
  if not silent and band(h, OTHER) == 0 then return "unreach", data end
  self[GAP] = silent and self[GAP] + 1 or 0
  if o.gap_limit > 0 and self[GAP] >= o.gap_limit then
    return over or "gaplimit", over and data or 0
  end
  if not silent and loops(self, ttl) and o.loop_limit > 0 and o.multipath ~= "classic" then
    self[LOOPS] = self[LOOPS] + 1
    if self[LOOPS] >= o.loop_limit then return "loop", 0 end
  end
  if ttl >= self[LIMIT] then return over or "hoplimit", over and data or 0 end
end

local function settle(self)
  local o, ttl = self[O], self[SETTLED] + 1
  local h = self[COUNTS + 2 * ttl]
  if not h or band(h, 0xff) == 0 or band(h, 0xff00) ~= 0 or wants(o, h) then return nil end
  self[SETTLED] = ttl
  local reason, data = judge(self, o, h, ttl)
  if reason then return "stop", reason, data, ttl end
  return settle(self)
end

-- A probe for `ttl` has come to nothing.
local function lost(self, ttl, h)
  self[COUNTS + 2 * ttl] = h
  if wants(self[O], h) then self[RETRY] = true end
  return settle(self)
end

function M:on_reply(reply)
  local ttl = reply.ttl
  local h = self[COUNTS + 2 * ttl] - OUT
  if reply.too_big then
    return lost(self, ttl, fit(self[O], self, reply) and h - SENT or h)
  end
  if answers(h) == 0 then self[KEY + 2 * ttl] = reply.addr_key end
  h = h + ANSWERED
  self[HIGH] = max(ttl, self[HIGH])
  if reply.unreach then self[DATA] = reply.icmp_code or 255 else h = bor(h, OTHER) end
  if reply.final then h, self[LIMIT] = bor(h, FINAL), min(ttl, self[LIMIT]) end
  self[COUNTS + 2 * ttl] = h
  return settle(self)
end

function M:on_timeout(probe)
  if probe.error then self[GOOD], self[DATA] = self[GOOD] - 1, mtr.errno(probe.error) end
  return lost(self, probe.ttl, self[COUNTS + 2 * probe.ttl] - OUT)
end

return M
