-- SPDX-License-Identifier: MIT
--
-- The engine's own sweep (core/probe/sweep), written as a strategy: up to `window` probes ahead,
-- lowest TTL first, each hop asked until it has given `queries` answers or has been tried
-- `attempts` times for each; hops are judged in TTL order. Its results are those of the sweep.

local mtr = require "mtr"
local fit = require "mtr.strategy.fit"

local M = { name = "window-lua" }

function M:init(trace)
  local o = trace.options
  self.o, self.hops, self.probe = o, {}, { size = o.size > 0 and o.size or nil }
  self.next_ttl, self.settled, self.limit = o.first_ttl, o.first_ttl - 1, o.max_ttl
  self.high, self.gap, self.loops, self.retry = o.first_ttl - 1, 0, 0, false
  self.failed, self.sent = 0, 0
end

local function wants(o, h)
  return h.answers + h.out < o.queries and h.sent < o.queries * o.attempts
end

function M:next()
  local o, hops, last = self.o, self.hops, self.limit
  if o.gap_limit > 0 and last > self.high + o.gap_limit then last = self.high + o.gap_limit end
  for ttl = self.retry and self.settled + 1 or self.next_ttl, last do
    local h, new = hops[ttl], ttl == self.next_ttl
    if new then self.retry = false end
    if not h then
      h = { sent = 0, out = 0, answers = 0, unreach = 0, addr = false, final = false, data = 0 }
      hops[ttl] = h
    end
    if wants(o, h) then
      h.sent, h.out, self.sent = h.sent + 1, h.out + 1, self.sent + 1
      self.probe.ttl = ttl
      return self.probe
    end
    if new then self.next_ttl = ttl + 1 end
  end
end

-- Whether hop `ttl` repeats an address with another one in between.
local function loops(hops, ttl, first, addr)
  local between = false
  for i = ttl - 1, first, -1 do
    local other = hops[i].addr
    if other == addr then return between end
    between = between or other ~= false
  end
end

-- Why the trace ends at hop `ttl`, which has settled; nil: it does not.
local function judge(self, o, h, ttl)
  if h.final then return "completed" end
  if h.answers > 0 and h.unreach == h.answers then return "unreach", h.data end
  self.gap = h.addr and 0 or self.gap + 1
  local over = self.failed == self.sent and "error"
  if o.gap_limit > 0 and self.gap >= o.gap_limit then return over or "gaplimit", over and h.data end
  if h.addr and o.loop_limit > 0 and o.multipath ~= "classic"
    and loops(self.hops, ttl, o.first_ttl, h.addr) then
    self.loops = self.loops + 1
    if self.loops >= o.loop_limit then return "loop" end
  end
  if ttl >= self.limit then return over or "hoplimit", over and h.data end
end

local function settle(self)
  local o, ttl = self.o, self.settled + 1
  local h = self.hops[ttl]
  while h and h.sent > 0 and h.out == 0 and not wants(o, h) do
    self.settled = ttl
    local reason, data = judge(self, o, h, ttl)
    if reason then return "stop", reason, data or 0, ttl end
    ttl = ttl + 1
    h = self.hops[ttl]
  end
end

function M:on_reply(reply)
  local ttl = reply.ttl
  local h = self.hops[ttl]
  h.out = h.out - 1
  if reply.too_big then
    if fit(self.o, self.probe, reply) then h.sent = h.sent - 1 end
    if wants(self.o, h) then self.retry = true end
    return settle(self)
  end
  h.answers = h.answers + 1
  if ttl > self.high then self.high = ttl end
  if reply.unreach then h.unreach, h.data = h.unreach + 1, reply.icmp_code or 255 end
  if reply.final then
    h.final = true
    if ttl < self.limit then self.limit = ttl end
  end
  if h.answers == 1 then h.addr = reply.addr end
  return settle(self)
end

function M:on_timeout(probe)
  local h = self.hops[probe.ttl]
  h.out = h.out - 1
  if probe.error then self.failed, h.data = self.failed + 1, mtr.errno(probe.error) end
  if wants(self.o, h) then self.retry = true end
  return settle(self)
end

return M
