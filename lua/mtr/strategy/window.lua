-- SPDX-License-Identifier: MIT
--
-- The engine's own sweep (core/probe/sweep), written as a strategy: up to `window` probes ahead,
-- lowest TTL first, each hop asked until it has given `queries` answers or has been tried
-- `attempts` times for each; hops are judged in TTL order. Its results are those of the sweep.
--
-- A hop is one number, its counts side by side, for there may be many traces of many hops; in
-- `keys` is who answered first. What happens for every probe has no loop: LuaJIT compiles none that
-- mostly goes round once.

local bit = require "bit"
local mtr = require "mtr"
local fit = require "mtr.strategy.fit"
local new_table = require "table.new"

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
local max, min = math.max, math.min
local HOPS = 15                        -- before tables grow
local SENT, OUT, ANSWERED, OTHER, FINAL = 1, 0x100, 0x10000, 0x1000000, 0x2000000

local M = { name = "window-lua", gap = 0, loops = 0, good = 0, last = 0, seen = 0, retry = false }

function M:init(trace)
  local o = trace.options
  self.o, self.hops, self.keys = o, new_table(HOPS, 0), new_table(HOPS, 0)
  self.probe = { ttl = 0, size = o.size > 0 and o.size or nil, id = 0 }
  self.next_ttl, self.settled, self.limit = o.first_ttl, o.first_ttl - 1, o.max_ttl
  self.high = o.first_ttl - 1
end

-- In parentheses: LuaJIT compiles no more than a few tail calls in a row.
local function answers(h) return (band(rshift(h, 16), 0xff)) end

local function wants(o, h)
  return answers(h) + band(rshift(h, 8), 0xff) < o.queries
    and band(h, 0xff) < o.queries * o.attempts
end

-- A TTL below next_ttl that wants another probe, or next_ttl.
local function again(self, last)
  for ttl = self.settled + 1, self.next_ttl - 1 do
    if ttl > last or wants(self.o, self.hops[ttl]) then return ttl end
  end
  self.retry = false
  return self.next_ttl
end

function M:next()
  local o, last = self.o, self.limit
  if o.gap_limit > 0 then last = min(last, self.high + o.gap_limit) end
  local ttl = self.retry and again(self, last) or self.next_ttl
  if ttl > last then return nil end
  local h = (self.hops[ttl] or 0) + SENT + OUT
  self.hops[ttl], self.good, self.probe.ttl = h, self.good + 1, ttl
  if ttl == self.next_ttl and not wants(o, h) then self.next_ttl = ttl + 1 end
  return self.probe
end

-- Whether hop `ttl` repeats an address with another one in between.
local function loops(self, ttl)
  local keys, before = self.keys, self.last
  local key = keys[ttl]
  local mark = type(key) == "number" and lshift(1, bxor(key, rshift(key, 8), rshift(key, 16))) or -1
  local fresh = band(self.seen, mark) == 0
  self.seen, self.last = bor(self.seen, mark), ttl
  if fresh or keys[before] == key then return false end
  for earlier = self.o.first_ttl, before - 1 do
    if keys[earlier] == key then return true end
  end
  return false
end

-- Why the trace ends at hop `ttl`, which has settled; nil: it does not.
local function judge(self, o, h, ttl)
  if band(h, FINAL) ~= 0 then return "completed" end
  local over, data = self.good == 0 and "error", self.data or 0
  local silent = answers(h) == 0
  if not silent and band(h, OTHER) == 0 then return "unreach", data end
  self.gap = silent and self.gap + 1 or 0
  if o.gap_limit > 0 and self.gap >= o.gap_limit then return over or "gaplimit", over and data end
  if not silent and loops(self, ttl) and o.loop_limit > 0 and o.multipath ~= "classic" then
    self.loops = self.loops + 1
    if self.loops >= o.loop_limit then return "loop" end
  end
  if ttl >= self.limit then return over or "hoplimit", over and data end
end

local function settle(self)
  local o, ttl = self.o, self.settled + 1
  local h = self.hops[ttl]
  if not h or band(h, 0xff) == 0 or band(h, 0xff00) ~= 0 or wants(o, h) then return nil end
  self.settled = ttl
  local reason, data = judge(self, o, h, ttl)
  if reason then return "stop", reason, data or 0, ttl end
  return settle(self)
end

-- A probe for `ttl` has come to nothing.
local function lost(self, ttl, h)
  self.hops[ttl] = h
  if wants(self.o, h) then self.retry = true end
  return settle(self)
end

function M:on_reply(reply)
  local ttl = reply.ttl
  local h = self.hops[ttl] - OUT
  if reply.too_big then
    return lost(self, ttl, fit(self.o, self.probe, reply) and h - SENT or h)
  end
  if answers(h) == 0 then self.keys[ttl] = reply.addr_key end
  h = h + ANSWERED
  self.high = max(ttl, self.high)
  if reply.unreach then self.data = reply.icmp_code or 255 else h = bor(h, OTHER) end
  if reply.final then h, self.limit = bor(h, FINAL), min(ttl, self.limit) end
  self.hops[ttl] = h
  return settle(self)
end

function M:on_timeout(probe)
  if probe.error then self.good, self.data = self.good - 1, mtr.errno(probe.error) end
  return lost(self, probe.ttl, self.hops[probe.ttl] - OUT)
end

return M
