-- SPDX-License-Identifier: MIT
--
-- The state of the strategy window for one trace. There may be very many traces, so it is a C
-- struct, which is used again.

local compat = require "mtr.compat"
local lib = require "mtr.lib"

local bit = compat.bit
local band, rshift = bit.band, bit.rshift

local M = {}

local DECLARATION = [[struct {
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

local function numbers(o) return o.family == 4 and 2 or 3 end

local function init(self, trace)
  local o = trace.options
  self.step = numbers(o)
  lib.fill(self.hop, 4 * self.step * (o.max_ttl + 1))
  self.flow, self.size, self.next_ttl = o.flow, o.size, o.first_ttl
  self.settled, self.limit, self.high = o.first_ttl - 1, o.max_ttl, o.first_ttl - 1
  for i = 0, 3 do self.seen[i] = 0 end
  self.good, self.last, self.retry, self.lost = 0, 0, 0, 0
  self.gap, self.loops, self.data = 0, 0, 0
end

-- Flags in the counts of a hop: some answer was not an unreachable, some answer was final.
local OTHER, FINAL = 0x1000000, 0x2000000
M.OTHER, M.FINAL = OTHER, FINAL

--- Returns the number of answers of a hop.
---@param h integer its counts
---@return integer
local function answers(h)
  -- In parentheses, so that it is not a tail call: LuaJIT compiles only a few of them in a row.
  return (band(rshift(h, 16), 0xff))
end

M.answers = answers

--- Returns true if a hop needs another probe.
---@param o mtr.ForceOptions
---@param h integer its counts
---@return boolean
function M.wants(o, h)
  return answers(h) + band(rshift(h, 8), 0xff) < o.queries
    and band(h, 0xff) < o.queries * o.attempts
end

--- Gives the struct the methods of a strategy. Called once in a process.
---@param strategy table
---@return fun(trace: mtr.Trace): ffi.cdata* create
---@return fun(self: ffi.cdata*, trace: mtr.Trace) init
function M.kind(strategy)
  -- A function and not a table: with a table, reading a missing field would raise an error.
  local Instance = compat.struct(DECLARATION, function(_, name) return strategy[name] end)
  local function create(trace)
    return Instance(numbers(trace.options) * (trace.options.max_ttl + 1))
  end
  return create, init
end

return M
