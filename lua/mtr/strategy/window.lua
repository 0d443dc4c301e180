-- SPDX-License-Identifier: MIT
--
-- The engine's own sweep (core/probe/sweep), written as a strategy: up to `window` probes ahead,
-- lowest TTL first, each hop asked until it has given `queries` answers or has been tried
-- `attempts` times for each; hops are judged in TTL order. Its results are those of the sweep.
--
-- A hop is one number, its counts side by side, for there may be many traces of many hops. In
-- `addr` is who answered first at a TTL, and the TTL that an address was last at.

local bit = require "bit"
local mtr = require "mtr"
local fit = require "mtr.strategy.fit"
local new_table = require "table.new"

local band, rshift = bit.band, bit.rshift
local HOPS = 15                        -- before tables grow
local SENT, OUT, ANSWERED, UNREACH = 1, 0x100, 0x10000, 0x1000000

local M = { name = "window-lua", gap = 0, loops = 0, failed = 0, sent = 0, last = 0, retry = false }

function M:init(trace)
  local o = trace.options
  self.o, self.hops, self.addr = o, new_table(HOPS, 0), new_table(HOPS, HOPS)
  self.probe = { ttl = 0, size = o.size > 0 and o.size or nil }
  self.next_ttl, self.settled, self.limit = o.first_ttl, o.first_ttl - 1, o.max_ttl
  self.high = o.first_ttl - 1
end

-- In parentheses: LuaJIT compiles no more than a few tail calls in a row.
local function sent(h) return (band(h, 0xff)) end
local function out(h) return (band(rshift(h, 8), 0xff)) end
local function answers(h) return (band(rshift(h, 16), 0xff)) end

local function wants(o, h)
  return answers(h) + out(h) < o.queries and sent(h) < o.queries * o.attempts
end

function M:next()
  local o, hops, last = self.o, self.hops, self.limit
  if o.gap_limit > 0 and last > self.high + o.gap_limit then last = self.high + o.gap_limit end
  for ttl = self.retry and self.settled + 1 or self.next_ttl, last do
    local h = hops[ttl] or 0
    if ttl == self.next_ttl then self.retry = false end
    if wants(o, h) then
      hops[ttl], self.sent = h + SENT + OUT, self.sent + 1
      self.probe.ttl = ttl
      return self.probe
    end
    if ttl == self.next_ttl then self.next_ttl = ttl + 1 end
  end
end

-- Whether hop `ttl` repeats an address with another one in between.
local function loops(self, ttl)
  local addr = self.addr[ttl]
  local before, last = self.addr[addr], self.last
  self.addr[addr], self.last = ttl, ttl
  return before and before < last
end

-- Why the trace ends at hop `ttl`, which has settled; nil: it does not.
local function judge(self, o, h, ttl)
  local over, data = self.failed > 0 and self.failed == self.sent and "error", self.data or 0
  if self.final and ttl == self.limit then return "completed" end
  if answers(h) > 0 and rshift(h, 24) == answers(h) then return "unreach", data end
  self.gap = answers(h) > 0 and 0 or self.gap + 1
  if o.gap_limit > 0 and self.gap >= o.gap_limit then return over or "gaplimit", over and data end
  if answers(h) > 0 and loops(self, ttl) and o.loop_limit > 0 and o.multipath ~= "classic" then
    self.loops = self.loops + 1
    if self.loops >= o.loop_limit then return "loop" end
  end
  if ttl >= self.limit then return over or "hoplimit", over and data end
end

local function settle(self)
  local o, ttl = self.o, self.settled + 1
  local h = self.hops[ttl]
  while h and sent(h) > 0 and out(h) == 0 and not wants(o, h) do
    self.settled = ttl
    local reason, data = judge(self, o, h, ttl)
    if reason then return "stop", reason, data or 0, ttl end
    ttl = ttl + 1
    h = self.hops[ttl]
  end
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
  if answers(h) == 0 then self.addr[ttl] = reply.addr end
  h = h + ANSWERED
  if ttl > self.high then self.high = ttl end
  if reply.unreach then h, self.data = h + UNREACH, reply.icmp_code or 255 end
  if reply.final and ttl <= self.limit then self.final, self.limit = true, ttl end
  self.hops[ttl] = h
  return settle(self)
end

function M:on_timeout(probe)
  if probe.error then self.failed, self.data = self.failed + 1, mtr.errno(probe.error) end
  return lost(self, probe.ttl, self.hops[probe.ttl] - OUT)
end

return M
