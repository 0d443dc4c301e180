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

local band, bor, bxor, lshift, rshift = bit.band, bit.bor, bit.bxor, bit.lshift, bit.rshift
local max, min, type = math.max, math.min, type
local SENT, OUT, ANSWERED, OTHER, FINAL = 1, 0x100, 0x10000, 0x1000000, 0x2000000

local M = { name = "window-lua", reuse = true }

local Instance = ffi.typeof [[struct {
  uint32_t id;                         // of the probe it wants, as ttl, flow and size
  uint32_t seen[4];                    // for loops(): bits of addresses
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

-- In parentheses: LuaJIT compiles no more than a few tail calls in a row.
local function answers(h) return (band(rshift(h, 16), 0xff)) end

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

-- Keeps what stands for an address in the hop at `i`: for IPv6 not the address, but two sums of it.
local function remember(self, i, key)
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

-- Whether two hops were answered by one address.
local function same(self, a, b)
  local i, k = self.step * a, self.step * b
  return self.hop[i + 1] == self.hop[k + 1]
    and (self.step == 2 or self.hop[i + 2] == self.hop[k + 2])
end

-- Not 0 if a hop before `ttl` may have had its address.
local function familiar(self, ttl)
  local key = self.hop[self.step * ttl + 1]
  local bits = bxor(key, rshift(key, 8), rshift(key, 16))
  local word, mark = band(bits, 3), lshift(1, rshift(bits, 2))
  local seen = self.seen[word]
  self.seen[word] = bor(seen, mark)
  return (band(seen, mark))
end

-- Whether hop `ttl` repeats an address with another one in between.
local function loops(self, o, ttl)
  local before = self.last
  self.last = ttl
  if familiar(self, ttl) == 0 or before > 0 and same(self, ttl, before) then return false end
  for earlier = o.first_ttl, before - 1 do
    if answers(self.hop[self.step * earlier]) > 0 and same(self, ttl, earlier) then return true end
  end
  return false
end

-- Why the trace ends at hop `ttl`, which has settled; nil: it does not.
local function judge(self, o, h, ttl)
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
