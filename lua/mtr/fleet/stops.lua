-- SPDX-License-Identifier: MIT
--
-- The stop sets of Doubletree, shared by all workers of a campaign while they trace: hops that one
-- vantage point has seen on the way to a prefix end the traces of the others to that prefix. (The
-- set of hops near the source stays with its worker.) Only the newest prefixes are kept: targets of
-- the same prefix are traced at about the same time. Additions go through a stream in Redis, some
-- hundred at a time; traces never wait for it. A worker that cannot reach Redis goes on with what
-- it knows.

local recent = require "mtr.base.recent"
local doubletree = require "mtr.strategy.builtin.doubletree"
local strategy = require "mtr.strategy"
local exchange = require "mtr.fleet.exchange"
local keys = require "mtr.fleet.keys"

local M = {}

local BATCH = 256                      -- additions that are sent without waiting for the next time
local KEPT = 200000                    -- entries of the stream, about
local PREFIXES, ADDRESSES = 4096, 256  -- that a worker knows, and of each: some 5 MB
local NEAR = 16384                     -- hops near the source that a worker knows

---@class mtr.FleetStops
---@field state table stop sets as of doubletree.new_state()
---@field fresh string[] additions to send: "PREFIX ADDRESS"
---@field others mtr.FleetExchange
---@field received integer additions of others
local Stops = {}
Stops.__index = Stops

-- Takes the additions of another worker.
local function take(self, text)
  local global = self.state.global
  for prefix, at in text:gmatch "(%S+) (%S+)" do
    local seen = global[prefix]
    if not seen then
      seen = recent.new(ADDRESSES)
      global[prefix] = seen
    end
    seen[at], self.received = true, self.received + 1
  end
end

--- Makes the stop sets of a worker.
---@param link mtr.RedisLink
---@param campaign string
---@param worker string
---@return mtr.FleetStops
function M.new(link, campaign, worker)
  local self = setmetatable({ fresh = {}, received = 0, state = doubletree.new_state() }, Stops)
  self.state.global, self.state.near = recent.new(PREFIXES), recent.new(NEAR)
  self.others = exchange.new {
    link = link, key = keys.stops(campaign), kept = KEPT, worker = worker, field = "add",
    take = function(text) take(self, text) end,
  }
  function self.state.added(prefix, at)
    local fresh = self.fresh
    fresh[#fresh + 1] = prefix .. " " .. at
    if #fresh >= BATCH then self:exchange() end
  end
  return self
end

--- Returns the strategy of the traces of a campaign; `trace` may have its `h`, `prefix`, `prefix6`.
---@param trace table
---@return table
function Stops:strategy(trace)
  if not self.made then
    self.made = strategy.doubletree { state = self.state, h = trace.h, prefix = trace.prefix,
      prefix6 = trace.prefix6 }
  end
  return self.made
end

--- Sends the additions of this worker, and asks for those of others; does not wait.
function Stops:exchange()
  if self.fresh[1] and self.others:send(self.fresh) then self.fresh = {} end
  self.others:hear()
end

return M
