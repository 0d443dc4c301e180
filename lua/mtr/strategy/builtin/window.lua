-- SPDX-License-Identifier: MIT
--
-- The sweep of the engine (core/probe/sweep), written as a strategy. It keeps up to `window` probes
-- outstanding, lowest TTL first. Each hop is probed until it has given `queries` answers, with at
-- most `attempts` tries for each; hops are judged in TTL order. Its results are equal to those of
-- the sweep.
--
-- An instance (mtr.strategy.builtin.parts.window_state) is also the probe that it returns. Code
-- that runs for every probe has no loop, because LuaJIT compiles no loop that mostly runs once.

---@class mtr.Strategies
---@field window mtr.BuiltIn the engine's sweep written in Lua: "window-lua"

local bit = require "mtr.compat".bit
local err = require "mtr.base.err"
local too_big = require "mtr.strategy.builtin.parts.too_big"
local window_judge = require "mtr.strategy.builtin.parts.window_judge"
local window_state = require "mtr.strategy.builtin.parts.window_state"

local band, bor = bit.band, bit.bor
local max, min = math.max, math.min
local judge, remember = window_judge.judge, window_judge.remember
local answers, wants = window_state.answers, window_state.wants
local SENT, OUT, ANSWERED, OTHER, FINAL = 1, 0x100, 0x10000, window_state.OTHER, window_state.FINAL

local M = { name = "window-lua", reuse = true }

M.create, M.init = window_state.kind(M)

-- Returns the lowest TTL below next_ttl that needs another probe, or next_ttl.
local function search(self, o)
  for ttl = self.settled + 1, self.next_ttl - 1 do
    if wants(o, self.hop[self.step * ttl]) then return ttl end
  end
  self.lost = 0
  return self.next_ttl
end

-- Returns the same, with a fast check first.
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

local function settle(self, o, trace)
  local ttl = self.settled + 1
  local h = self.hop[self.step * ttl]
  if band(h, 0xff) == 0 or band(h, 0xff00) ~= 0 or wants(o, h) then return nil end
  self.settled = ttl
  local reason, data = judge(self, o, h, ttl, trace)
  if reason then return "stop", reason, data, ttl end
  return settle(self, o, trace)
end

-- Notes that a probe to `ttl` ended without the hop's answer.
local function lost(self, o, ttl, h, trace)
  self.hop[self.step * ttl] = h
  if wants(o, h) then
    if self.lost == 0 or ttl < self.retry then self.retry = ttl end
    self.lost = self.lost + 1
  end
  return settle(self, o, trace)
end

function M:on_reply(reply, trace)
  local o, ttl = trace.options, reply.ttl
  local h = self.hop[self.step * ttl] - OUT
  if reply.too_big then
    return lost(self, o, ttl, too_big(o, self, reply) and h - SENT or h, trace)
  end
  if answers(h) == 0 then
    remember(self, self.step * ttl, reply.addr_key)
  end
  h, self.high = h + ANSWERED, max(ttl, self.high)
  if reply.unreach then self.data = reply.icmp_code or 255 else h = bor(h, OTHER) end
  if reply.final then h, self.limit = bor(h, FINAL), min(ttl, self.limit) end
  self.hop[self.step * ttl] = h
  return settle(self, o, trace)
end

function M:on_timeout(probe, trace)
  if probe.error then self.good, self.data = self.good - 1, err.number(probe.error) end
  return lost(self, trace.options, probe.ttl, self.hop[self.step * probe.ttl] - OUT,
    trace)
end

return M
