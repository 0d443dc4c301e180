-- SPDX-License-Identifier: MIT
--
-- The engine's own sweep (core/probe/sweep), written as a strategy: up to `window` probes ahead,
-- lowest TTL first, each hop asked until it has given `queries` answers or has been tried
-- `attempts` times for each; hops are judged in TTL order. Its results are those of the sweep.
--
-- There may be very many traces, so an instance is a C struct, used again, and it is the probe that
-- it wants, too. What happens for every probe has no loop: LuaJIT compiles none that mostly goes
-- round once.

local bit = require "bit"
local ffi = require "ffi"
local mtr = require "mtr"
local fit = require "mtr.strategy.fit"
local hops = require "mtr.strategy.judge"

local band, bor, rshift = bit.band, bit.bor, bit.rshift
local max, min = math.max, math.min
local answers, judge, remember = hops.answers, hops.judge, hops.remember
local SENT, OUT, ANSWERED, OTHER, FINAL = 1, 0x100, 0x10000, hops.OTHER, hops.FINAL

local M = { name = "window-lua", reuse = true }

local Instance = ffi.typeof [[struct {
  uint32_t id;                         // of the probe it wants, as ttl, flow and size
  uint32_t seen[4];                    // bits of addresses, to see loops
  uint16_t flow, size;
  uint16_t next_ttl;                   // to try
  uint16_t good;                       // probes that left
  uint8_t ttl;
  uint8_t settled, limit, high, last;  // TTLs: settled, worth it, that answered, and the last one
  uint8_t retry;                       // a TTL below next_ttl that wants another probe, the lowest
  uint16_t lost;                       // probes that came to nothing and are to be sent again
  uint8_t gap, loops;                  // silent hops in a row, loops
  uint8_t data;                        // stop_data
  uint8_t step;                        // numbers for each TTL in hop: 2, IPv6 3
  uint32_t hop[?];                     // those: its counts, who answered first
}]]

-- By a function: a table would raise an error for what is not in it.
ffi.metatype(Instance, { __index = function(_, name) return M[name] end })

local function numbers(o) return o.family == 4 and 2 or 3 end

function M.create(trace) return Instance(numbers(trace.options) * (trace.options.max_ttl + 1)) end

function M:init(trace)
  local o = trace.options
  self.step = numbers(o)
  ffi.fill(self.hop, 4 * self.step * (o.max_ttl + 1))
  self.flow, self.size, self.next_ttl = o.flow, o.size, o.first_ttl
  self.settled, self.limit, self.high = o.first_ttl - 1, o.max_ttl, o.first_ttl - 1
  for i = 0, 3 do self.seen[i] = 0 end
  self.good, self.last, self.retry, self.lost = 0, 0, 0, 0
  self.gap, self.loops, self.data = 0, 0, 0
end

local function wants(o, h)
  return answers(h) + band(rshift(h, 8), 0xff) < o.queries
    and band(h, 0xff) < o.queries * o.attempts
end

-- The lowest TTL below next_ttl that wants another probe, or next_ttl.
local function search(self, o)
  for ttl = self.settled + 1, self.next_ttl - 1 do
    if wants(o, self.hop[self.step * ttl]) then return ttl end
  end
  self.lost = 0
  return self.next_ttl
end

-- The same, at first sight.
local function again(self, o)
  local ttl = self.retry
  if ttl > self.settled and wants(o, self.hop[self.step * ttl]) then return ttl end
  return (search(self, o))
end

function M:next(_, trace)
  local o, last = trace.options, self.limit
  if o.gap_limit > 0 then last = min(last, self.high + o.gap_limit) end
  local ttl = self.lost > 0 and again(self, o) or self.next_ttl
  if ttl > last then return nil end
  if ttl < self.next_ttl then self.lost = self.lost - 1 end
  local h = self.hop[self.step * ttl] + SENT + OUT
  self.hop[self.step * ttl], self.good, self.ttl = h, self.good + 1, ttl
  if ttl == self.next_ttl and not wants(o, h) then self.next_ttl = ttl + 1 end
  return self, self.next_ttl > last and self.lost == 0
end

local function settle(self, o)
  local ttl = self.settled + 1
  local h = self.hop[self.step * ttl]
  if band(h, 0xff) == 0 or band(h, 0xff00) ~= 0 or wants(o, h) then return nil end
  self.settled = ttl
  local reason, data = judge(self, o, h, ttl)
  if reason then return "stop", reason, data, ttl end
  return settle(self, o)
end

-- A probe for `ttl` has come to nothing.
local function lost(self, o, ttl, h)
  self.hop[self.step * ttl] = h
  if wants(o, h) then
    if self.lost == 0 or ttl < self.retry then self.retry = ttl end
    self.lost = self.lost + 1
  end
  return settle(self, o)
end

function M:on_reply(reply, trace)
  local o, ttl = trace.options, reply.ttl
  local h = self.hop[self.step * ttl] - OUT
  if reply.too_big then
    return lost(self, o, ttl, fit(o, self, reply) and h - SENT or h)
  end
  if answers(h) == 0 then
    remember(self, self.step * ttl, reply.addr_key)
  end
  h, self.high = h + ANSWERED, max(ttl, self.high)
  if reply.unreach then self.data = reply.icmp_code or 255 else h = bor(h, OTHER) end
  if reply.final then h, self.limit = bor(h, FINAL), min(ttl, self.limit) end
  self.hop[self.step * ttl] = h
  return settle(self, o)
end

function M:on_timeout(probe, trace)
  if probe.error then self.good, self.data = self.good - 1, mtr.errno(probe.error) end
  return lost(self, trace.options, probe.ttl, self.hop[self.step * probe.ttl] - OUT)
end

return M
